#!/bin/sh
# start.sh - on the running machine: what was enabled is started, once
#
# The machine is this one with folders of its own in place of /etc, /var/lib and
# /run, a host name of its own, and a systemctl that only notes.
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root: a machine of its own"
	exit 0
fi
if [ -z "${XOS_GRID_NS:-}" ]; then
	XOS_GRID_NS=1 exec unshare -m -u "$0" "$@"
fi
grid
name=$(hostname)
mkdir "$dir/path" "$dir/etc" "$dir/lib" "$dir/run"
mkdir -p "$dir/run/systemd/system"
cat > "$dir/path/systemctl" <<-'SH'
	#!/bin/sh
	echo "$*" >> "$SYSTEMCTL_LOG"
	case $* in *$SYSTEMCTL_FAILS) echo 'Unit not found.' >&2; exit 5 ;; esac
SH
chmod +x "$dir/path/systemctl"
mount --bind "$dir/etc" /etc
mount --bind "$dir/lib" /var/lib
mount --bind "$dir/run" /run
export SYSTEMCTL_LOG="$dir/log" SYSTEMCTL_FAILS=none
PATH=$dir/path:$PATH
: > "$dir/log"
here() {
	"$bin/xosautoconfig" --dir "$dir/in" "$@" > "$dir/out" 2> "$dir/err"
}
here --plan
check "--plan starts nothing" same "$(cat "$dir/log")$(hostname)" "$name"
here
check "a run takes the name" same "$(hostname)" node-1
check "lets systemd read its units, then starts what a resource has" same "$(tr '\n' ' ' < "$dir/log")" \
	"daemon-reload reload-or-restart xos-rca-join.timer reload-or-restart xos-grid-publish.timer reload-or-restart chrony.service "
: > "$dir/log"
here
check "a second run starts nothing" same "$(cat "$dir/log")" ""
echo 10.0.0.40 other >> "$dir/in/etc/hosts"
SYSTEMCTL_FAILS=chrony.service
got=0
here || got=$?
check "a service that cannot be started is a failure" same "$got" 1
check "and named, with its reason" complains 'the files are written, but chrony.service: .*Unit not found'
rmdir "$dir/run/systemd/system"
echo 10.0.0.41 another >> "$dir/in/etc/hosts"
: > "$dir/log"
here
check "where no systemd runs, nothing is started" same "$(cat "$dir/log")" ""
finish
