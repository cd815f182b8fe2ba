#!/bin/sh
# spec.sh - read a SPEC (see image-build) into exported variables; sourced
# A list becomes one variable of lines, so that a path may hold a space.
# shellcheck disable=SC2154 # spec and die are those of image-build

# shellcheck disable=SC2034 # read by the eval in add
newline='
'

add() {
	eval "set -- $1 \"\$2\" \"\${$1}\""
	eval "$1=\$3\${3:+\$newline}\$2"
}

one_of() {
	case " $3 " in
	*" $2 "*) ;;
	*) die 2 "$spec: $1=$2 is none of: $3" ;;
	esac
}

read_spec() {
	ID='' NAME='' KIND='' SUITE='' PACKAGES='' FLAVOUR=nfs DRIVERS=short INIT=xos
	ENABLE='' DISABLE='' OVERLAYS='' KERNEL='' MODULES=all SOURCE='' OBJ=''
	EPOCH='' INPUTS=''
	[ -r "$1" ] || die 2 "$1: cannot be read"
	while IFS='=' read -r key value || [ -n "$key" ]; do
		case $key in
		'' | '#'*) ;;
		id) ID=$value ;;
		name) NAME=$value ;;
		kind) KIND=$value ;;
		suite) SUITE=$value ;;
		packages) add PACKAGES "$value" ;;
		root) FLAVOUR=$value ;;
		drivers) DRIVERS=$value ;;
		init) INIT=$value ;;
		enable) add ENABLE "$value" ;;
		disable) add DISABLE "$value" ;;
		overlay) add OVERLAYS "$value" ;;
		kernel) KERNEL=$value ;;
		modules) MODULES=$value ;;
		source) SOURCE=$value ;;
		build) OBJ=$value ;;
		epoch) EPOCH=$value ;;
		input) add INPUTS "$value" ;;
		*) die 2 "$1: unknown key: $key" ;;
		esac
	done < "$1"
	check_spec
	CACHE=${XOS_CACHE_DIR:-/var/cache/xos-ssi}
	export ID NAME KIND SUITE PACKAGES FLAVOUR DRIVERS INIT ENABLE DISABLE OVERLAYS \
		KERNEL MODULES SOURCE OBJ EPOCH INPUTS CACHE
}

check_spec() {
	for key in NAME KIND SUITE KERNEL SOURCE OBJ EPOCH; do
		eval "[ -n \"\$$key\" ]" || die 2 "$spec: no $(echo $key | tr A-Z a-z)="
	done
	one_of kind "$KIND" "node head"
	one_of root "$FLAVOUR" "nfs ram"
	one_of drivers "$DRIVERS" "short full"
	one_of init "$INIT" "xos dracut"
	one_of modules "$MODULES" "all none"
	case $EPOCH in *[!0-9]*) die 2 "$spec: epoch=$EPOCH is no number" ;; esac
	case $NAME$ID$SUITE$KERNEL in
	*[!A-Za-z0-9._+-]*) die 2 "$spec: a name holds more than letters, digits and ._+-" ;;
	esac
}
