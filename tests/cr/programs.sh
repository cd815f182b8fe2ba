#!/bin/sh
# programs.sh - each program goes on after a checkpoint, and when it is restored.
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

programs="memory state threads tree"
# shellcheck disable=SC2086 # a list of names
cr_setup $programs refused sleep again
for program in $programs; do
	in_guest "$program" "cycle $program"
done
in_guest "system calls go on with the time left" "start sleep; sleep 2; checkpoint -q -k9 \$id
	soon is_gone; sleep 7; restart -q \$id 1; grep -c pass sleep.out | grep 0
	soon 'grep -q pass sleep.out'"
in_guest "what was restored changes, and is stopped again" "start again; checkpoint -q -k9 \$id
	soon is_gone; restart -q \$id 1; kill -USR1 \$id; soon 'grep -q changed again.out'
	checkpoint -q -f \$id; checkpoint -q -u \$id; passes"
in_guest "a pipe to outside the application is named" "program=memory; rm -f memory.out
	{ krgcr-run -b -q -o id -- memory /work/memory.out < /dev/null; } | cat &
	soon 'grep -q ready memory.out'; id=\$(cat id); fails checkpoint -q \$id
	grep \"process \$id, descriptor 1: pipe to outside\" err; passes"
in_guest "frozen, saved twice, let go on; each only once" "start memory; checkpoint -q -f \$id
	fails checkpoint -q -f \$id; fails checkpoint -q \$id
	checkpoint -q -c \$id && checkpoint -q -c \$id && [ -f /var/chkpt/\$id/v2/task_\$id.bin ]
	checkpoint -q -u \$id; fails checkpoint -q -u \$id; fails checkpoint -q -c \$id; passes"
in_guest "SIGKILL ends a frozen application" "start memory; checkpoint -q -f \$id
	kill -KILL \$id && soon is_gone"
in_guest "the command is killed: the application goes on" "start memory
	for n in 1 2 3 4 5 6 7 8; do checkpoint -q \$id & sleep 0.0\$n; kill -KILL \$! 2>/dev/null || :; done
	wait; passes"
in_guest "a file that is missing, cut or changed" "start memory; checkpoint -q -k9 \$id; soon is_gone
	cd /var/chkpt/\$id/v1; mv task_\$id.bin keep
	fails restart -q \$id 1; is_gone
	head -c 5000 keep > task_\$id.bin; fails restart -q \$id 1; is_gone
	grep 'invalid checkpoint files.*truncated' /work/err
	cp keep task_\$id.bin; printf x | dd of=task_\$id.bin bs=1 seek=9000 conv=notrunc 2>/dev/null
	fails restart -q \$id 1; is_gone; grep 'byte.*bad checksum' /work/err
	mv keep task_\$id.bin; restart -q \$id 1; fails restart -q \$id 1
	grep 'already running' /work/err; cd /work; passes"
in_guest "a pid in use" "start memory; checkpoint -q -k9 \$id; soon is_gone
	echo \$((id - 1)) > /proc/sys/kernel/ns_last_pid; sleep 100 & [ \$! = \$id ]
	fails restart -q \$id 1; grep 'already in use' /work/err; kill \$!; wait
	restart -q \$id 1; passes"
in_guest "not CHECKPOINTABLE: refused" "sleep 100 & fails checkpoint -q \$!
	grep 'Operation not permitted' err; kill \$!"
in_guest "what cannot be saved is named, and goes on" "echo eventfd > what; start refused; fails checkpoint -q \$id
	grep \"process \$id, descriptor 7: anon_inode:\[eventfd\]\" err
	[ ! -e /var/chkpt/\$id ]; passes"
in_guest "so is what would be lost unseen" "while read word reason; do
		stage=\$word; echo \$word > what; start refused; fails checkpoint -q \$id
		grep -F \"\$reason\" err || fail \"says \$(cat err)\"; passes
	done <<-WORDS
		undo SEM_UNDO
		ambient ambient capabilities
		huge PR_SET_THP_DISABLE
		keyring keyring of its own
		tsc PR_SET_TSC
		thread thread with other rights
	WORDS
	" 120
in_guest "krgcapset" "[ \"\$(krgcapset -s | grep -c 'Capabilities: 0')\" = 4 ]
	krgcapset -d +CHECKPOINTABLE; krgcapset | grep 'Inheritable Effective Capabilities: 021'
	sh -c 'krgcapset | grep \"^Effective Capabilities: 021\"; :'
	krgcapset -d 01; krgcapset | grep 'Inheritable Effective Capabilities: 01\$'
	fails krgcapset -f -e 04000"
in_guest "the module unloads when nothing is frozen" "rmmod ssi && insmod /usr/bin/ssi.ko && start memory
	checkpoint -q -f \$id; fails rmmod ssi; checkpoint -q -u \$id; passes; rmmod ssi"
vm_finish
