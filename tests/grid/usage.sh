#!/bin/sh
# usage.sh - command lines, wrong input, questions, the page
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"

grid
exits 0 "--help" --help
check "it names every option" says --rollback
exits 0 "--version" --version
exits 2 "an unknown option" --frob
exits 2 "an argument" frob
exits 2 "two things at once" --plan --check

exits 2 "no input files" --dir "$dir/none"
check "says what to do" complains 'none/globalDefs.*--init writes samples'

"$bin/xosautoconfig" --dir "$dir/new" --init > "$dir/out"
check "--init writes all files" same "$(find "$dir/new" -type f | wc -l)" 5
check "the secret is nobody else's" same "$(stat -c %a "$dir/new/capsecret")" 600
check "and is not the same twice" test "$(cat "$dir/new/capsecret")" != "$(cat "$dir/in/capsecret")"
echo mine > "$dir/new/localDefs"
"$bin/xosautoconfig" --dir "$dir/new" --init > "$dir/out"
check "a second --init writes nothing" same "$(cat "$dir/new/localDefs" "$dir/out")" mine

grid
printf 'USESLS=true\n' >> "$dir/in/globalDefs"
exits 0 "an unknown key is a warning" --plan
check "which says file, line and the likely key" complains 'globalDefs:2: USESLS: unknown key; did you mean USESSL? (ignored)'
exits 2 "with --strict an error" --plan --strict
printf 'CERTDAYS=x\nNTP=a b\n' >> "$dir/in/globalDefs"
exits 2 "every problem is said"
check "the first" complains "globalDefs:3: CERTDAYS: 'x' is not a number from 1 to 825; e.g. CERTDAYS=90"
check "and the second" complains "globalDefs:4: NTP: 'a b' is not host names"
check "and nothing is written" absent /etc

# NOPROMPT=false: a wrong answer is asked again, an empty one is the default.
grid
printf 'NOPROMPT=false\n' >> "$dir/in/localDefs"
exits 1 "questions without an answer fail" < /dev/null
check "and write nothing" absent /etc
{ echo 'not a domain'; echo grid.example.org; yes '' | head -n 60; } > "$dir/answers"
exits 0 "questions" < "$dir/answers"
check "a wrong answer is explained" says "'not a domain' is not a DNS domain; e.g. grid.example.org"
check "an answer becomes part of the input" grep -qx DOMAIN=grid.example.org "$dir/in/globalDefs"
check "and of what is made" has /etc/xos/grid.conf DOMAIN=grid.example.org
exits 0 "what was answered is not asked again" < /dev/null

check "every key is in the page" same "$(grep -c '^Value: ' "$bin/xosautoconfig.5")" \
	"$("$bin/xosautoconfig" --dir "$dir/in" --show | wc -l)"
check "the page is clean" same "" "$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 \
	man --warnings -E UTF-8 -l -Tutf8 -Z "$bin/xosautoconfig.5" 2>&1 > /dev/null)"
finish
