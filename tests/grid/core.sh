# shellcheck shell=sh
# core.sh - a core node and a network of its own; sourced after lib.sh
#
#	our network namespace		another one
#	  10.9.0.1 core ---------- 10.9.0.17 node
#	  xos-rcad (nobody)		commands of the node, by on_node
#	  xos-rca sign (root)
#
# $dir/core.conf and $dir/NAME.conf are the grid.conf of each, $dir/NAME its trust
# store, $dir/ca the CA.

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root: network namespaces, a user for the service"
	exit 0
fi
if [ -z "${XOS_GRID_NS:-}" ]; then
	XOS_GRID_NS=1 exec unshare -n "$0" "$@"
fi
children=

network() {
	ip link set lo up
	ip link add core type veth peer name node
	unshare -n sleep 100000 &
	ns=$!
	children="$children $ns"
	while [ "$(readlink "/proc/$ns/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	ip link set node netns "$ns"
	ip addr add 10.9.0.1/24 dev core
	ip link set core up
	on_node ip addr add 10.9.0.17/24 dev node
	on_node ip link set node up
}

on_node() {
	nsenter -t "$ns" -n "$@"
}

# end PID - a child of ours, and wait for it
end() {
	kill "$1" 2> /dev/null || return 0
	wait "$1" 2> /dev/null || true
}

stop_all() {
	for child in $children; do end "$child"; done
	rm -rf "$work"
}
trap stop_all EXIT

# conf NAME ADDRESS ROLE [KEY=VALUE...] - $dir/NAME.conf, by xosautoconfig
conf() {
	name=$1 address=$2 role=$3
	shift 3
	mkdir -p "$dir/in.$name/etc"
	{
		printf 'GRIDNAME=testgrid\nCADIR=%s/ca\nCERTDAYS=30\n' "$dir"
		printf 'CAFINGERPRINT=%s\n' "$(cat "$dir/fingerprint" 2> /dev/null)"
		for key; do case $key in VO=*) ;; *) echo "$key" ;; esac; done
	} > "$dir/in.$name/globalDefs"
	{
		printf 'MYHOSTNAME=%s\nMYIP=%s\n' "$name" "$address"
		for key; do case $key in VO=*) echo "$key" ;; esac; done
	} > "$dir/in.$name/localDefs"
	printf 'core-node: core\n' > "$dir/in.$name/nodeTypes"
	[ "$role" = core ] || printf '%s-node: %s\n' "$role" "$name" >> "$dir/in.$name/nodeTypes"
	printf '10.9.0.1 core\n' > "$dir/in.$name/etc/hosts"
	"$bin/xosautoconfig" --dir "$dir/in.$name" --root "$dir/root.$name" > "$dir/out" 2> "$dir/err"
	cp "$dir/root.$name/etc/xos/grid.conf" "$dir/$name.conf"
}

# ca ARGUMENT... - a command on the core node
ca() {
	"$bin/xos-rca" --conf "$dir/core.conf" --user nobody "$@" > "$dir/out" 2> "$dir/err"
}

# node NAME ARGUMENT... - a command on a node
node() {
	name=$1
	shift
	on_node "$bin/xos-rca" --conf "$dir/$name.conf" --truststore "$dir/$name" "$@" \
		> "$dir/out" 2> "$dir/err"
}

# core [KEY=VALUE...] - a CA and its service
core() {
	dir=$work/$(date +%s%N)
	mkdir -p "$dir"
	chmod 755 "$work" "$dir"
	conf core 10.9.0.1 core "$@"
	ca init
	sed -n 's/^CAFINGERPRINT=//p' "$dir/out" > "$dir/fingerprint"
	conf core 10.9.0.1 core "$@"
	cp "$bin/xos-rcad" "$dir/"
	serve
}

serve() {
	setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs --bounding-set=-all \
		"$dir/xos-rcad" --conf "$dir/core.conf" 2> "$dir/rcad.err" &
	rcad=$!
	children="$children $rcad"
	for _ in $(seq 200); do
		! curl -sko /dev/null https://10.9.0.1:8443/ca.pem || return 0
		sleep 0.05
	done
	echo "# xos-rcad does not answer: $(cat "$dir/rcad.err")"
	return 1
}

# gives CODE TEXT COMMAND... - run it, compare the exit code
gives() {
	code=$1 text=$2 got=0
	shift 2
	"$@" || got=$?
	if [ "$got" = "$code" ]; then ok "$text"; else not_ok "$text: exit $got, not $code"; fi
}

quietly() { "$@" > "$dir/out" 2> "$dir/err"; }

# waiting NAME - the fingerprint of its application
waiting() {
	node "$1" status
	sed -n 's/^[a-z]* //p' "$dir/out"
}
