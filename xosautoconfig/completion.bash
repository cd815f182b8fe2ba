# bash completion for xosautoconfig(8), xos-rca(8), xos-grid(1); the words come from --help
# shellcheck shell=bash

_xos_grid_tools() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words

	case $prev in
	--dir | --root | --truststore)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	--conf | --gcp | --passphrase-file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	case $prev:$cur in
	show:*) words=$(xos-grid list 2> /dev/null | sed 's/ .*//') ;;
	*:-*) words=$("${COMP_WORDS[0]}" --help | grep -oE -- '--[a-z-]+') ;;
	*:*) words=$("${COMP_WORDS[0]}" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _xos_grid_tools xosautoconfig xos-rca xos-rcad xos-grid
