# bash completion for xos-ssi-deploy(1)
# Commands come from --help and node names from the inventory, so neither is
# listed twice.
# shellcheck shell=bash

_xos_ssi_deploy_nodes() {
	xos-ssi-deploy "$@" check -v 2> /dev/null | sed -n 's/^\([^ ]*\) *id [0-9].*/\1/p'
}

_xos_ssi_deploy() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' command='' place=() i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-i | -f) place+=("${COMP_WORDS[i]}" "${COMP_WORDS[++i]}") ;;
		-o | -n | --min-nodes | --window | --exclude | --svg | --root) ((i++)) ;;
		-*) ;;
		*) command=${command:-${COMP_WORDS[i]}} ;;
		esac
	done
	case $prev in
	-i | -f | -o | -n | --inventory | --nodefile | --ok-file | --ko-file | --svg)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	esac
	case $command:$cur in
	*:-*) words=$(xos-ssi-deploy --help | grep -oE -- '--[a-z-]+') ;;
	:*) words=$(xos-ssi-deploy --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') ;;
	power:*) words="on off status $(_xos_ssi_deploy_nodes "${place[@]}")" ;;
	image:*) words='build list show rm' ;;
	key:*) words='show rotate' ;;
	head:*) words='plan install status remove' ;;
	why:* | console:* | ssh:* | reboot:*) words=$(_xos_ssi_deploy_nodes "${place[@]}") ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _xos_ssi_deploy xos-ssi-deploy
