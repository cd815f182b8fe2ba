# bash completion for xosautoconfig(8); the options come from --help
# shellcheck shell=bash

_xosautoconfig() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words

	case $prev in
	--dir | --root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	esac
	words=$("${COMP_WORDS[0]}" --help | grep -oE -- '--[a-z-]+')
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _xosautoconfig xosautoconfig
