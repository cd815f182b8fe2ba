#!/bin/sh
# again.sh - a second run, a plan, a check, a change of role, a way back, a kill
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"

grid
printf 'XTREEMFSVOLUME=home\nOSDHOSTIP=10.0.0.17\n' >> "$dir/in/globalDefs"
mkdir -p "$dir/root/etc"
echo '127.0.0.1 old' > "$dir/root/etc/hosts"
exits 2 "--check before the first run" --check
check "it counts" says '^13 files differ'
exits 0 "--plan" --plan
check "shows what changes" says '^-127.0.0.1 old'
check "and what is new" says '^+++ /etc/xos/grid.conf'
check "but no secret" same 0 "$(grep -c 00112233 "$dir/out")"
check "and writes nothing" same "$(find "$dir/root" -type f | wc -l)" 1
exits 0 "the first run"
first=$(files)
exits 0 "the second run"
check "says nothing" same "" "$(cat "$dir/out")"
check "and writes nothing" same "$(files)" "$first"
exits 0 "--check after it" --check

echo 10.0.0.20 node-4 >> "$dir/in/etc/hosts"
exits 0 "a host more"
check "changes one file" same "$(cat "$dir/out")" "changed /etc/hosts"
exits 0 "--rollback" --rollback
check "brings that back" same "$(cat "$dir/out")" "restored /etc/hosts"
check "as it was" lacks /etc/hosts node-4
exits 0 "--rollback again" --rollback
check "brings back what was before us" same "$(cat "$dir/root/etc/hosts")" "127.0.0.1 old"
check "and nothing else" same "$(find "$dir/root/etc" ! -type d | wc -l)" 1
exits 1 "--rollback a third time" --rollback
check "says why" complains "no run to take back"

auto
chmod 600 "$dir/root/etc/hosts"
exits 2 "another mode is a difference" --check
rm "$dir/root/etc/hosts"
ln -s /nowhere "$dir/root/etc/hosts"
exits 2 "so is a link" --check
exits 0 "which is replaced, not followed"
check "by a file" test -f "$dir/root/etc/hosts"

# another role: what only the old one has goes
printf 'OSDHOSTIP=10.0.0.18\n' > "$dir/more"
sed -i '/OSDHOSTIP/d' "$dir/in/globalDefs"
cat "$dir/more" >> "$dir/in/globalDefs"
exits 0 "no object store any more"
check "its file goes" absent /etc/xos/xtreemfs/osdconfig.properties
exits 0 "and comes back" --rollback
check "with its mode" mode_is /etc/xos/xtreemfs/osdconfig.properties 600

# two at once
(
	flock 9
	got=0
	auto || got=$?
	echo $got > "$dir/got"
) 9> "$dir/root/var/lib/xos/xosautoconfig/lock"
check "a second one at the same time is refused" same "$(cat "$dir/got")" 1
check "and says so" complains "another xosautoconfig runs"

# killed after each of its writes, then run again: as if never killed
grid
printf 'XTREEMFSVOLUME=home\nOSDHOSTIP=10.0.0.17\n' >> "$dir/in/globalDefs"
mkdir -p "$dir/root/etc"
echo '127.0.0.1 old' > "$dir/root/etc/hosts"
cp -a "$dir/root" "$dir/before"
bad='' n=1 killed=0
while [ $n -le 60 ]; do
	rm -rf "$dir/root"
	cp -a "$dir/before" "$dir/root"
	got=0
	# the kernel ends it at its n-th rename: every change of a file is one
	strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=$n \
		"$bin/xosautoconfig" --dir "$dir/in" --root "$dir/root" > "$dir/out" 2> "$dir/err" || got=$?
	[ $got != 0 ] || break
	killed=$((killed + 1))
	auto || bad="$bad run:$n"
	auto --check || bad="$bad check:$n"
	auto --rollback || bad="$bad rollback:$n"
	[ "$(cat "$dir/root/etc/hosts")" = "127.0.0.1 old" ] || bad="$bad hosts:$n"
	[ "$(find "$dir/root/etc" ! -type d ! -name '*.??????' | wc -l)" = 1 ] || bad="$bad left:$n"
	n=$((n + 1))
done
check "killed at each of its $killed renames, run again, taken back" same "$bad" ""
check "there were some" test "$killed" -gt 20
finish
