#!/usr/bin/env bats
#
# The bench itself, with ours alone and 1,000 messages: every row is measured,
# the tables are whole, and nothing of it stays behind.  A minute: make
# check-system runs it.

load ../lib/bed

setup_file() {
	bed_root || return 0
	export BENCH_OUT=$BED_BUILD/bench
	export BENCH_SAID=$BATS_FILE_TMPDIR/said
	cd "$BED_ROOT" || return 1
	command -v unshare strace >/dev/null || return 0
	make -s B="$BED_BUILD" bench QUICK=1 MESSAGES=1000 SIZES=500 REPEAT=1 \
		PEERS=none >"$BENCH_SAID" 2>&1 || {
		cat "$BENCH_SAID"
		return 1
	}
}

setup() {
	need_root
	need unshare strace
}

teardown() {
	:
}

teardown_file() {
	:
}

titles() {
	PYTHONPATH=$BED_ROOT/tests/bench python3 -B -c '
from rows import ROWS
for group in ROWS.values():
    for row in group:
        print(row.title)'
}

@test "every row of the table has a figure of ours" {
	local n=0 title
	while IFS= read -r title; do
		grep -F "| $title, " "$BENCH_OUT/table.md" |
			grep -qE '^\| [^|]* \| [0-9]' || {
			echo "no row: $title"
			return 1
		}
		n=$((n + 1))
	done < <(titles)
	((n > 50))
}

@test "the tables of rows and of system calls are well formed" {
	local table
	for table in table calls; do
		grep '^|' "$BENCH_OUT/$table.md" | awk -F'|' '
			NR == 1 { n = NF }
			NF != n || $0 !~ /\|$/ { print "line " NR; bad = 1 }
			END { exit bad || NR < 10 }'
	done
}

@test "a row with a target says whether it was reached, twice where both clocks count" {
	grep -F '| SELECT, warm, settled, ms |' "$BENCH_OUT/table.md" |
		grep -qE '(reached|missed x[0-9.,]+) .*(reached|missed x[0-9.,]+) \|$'
}

@test "each operation has a number of system calls" {
	local one
	for one in 'connect, LOGIN, LOGOUT' NOOP STORE 'IDLE, a delivery told'; do
		grep -qE "^\| $one \| [0-9.e+]+ \| [a-z0-9_]+ [0-9]" \
			"$BENCH_OUT/calls.md"
	done
}

@test "the plot is an SVG" {
	need gnuplot
	grep -q '<svg' "$BENCH_OUT/growth.svg"
	grep -q '</svg>' "$BENCH_OUT/growth.svg"
}

@test "a peer that is asked for and missing is told and left out" {
	[[ ! -d $BED_ROOT/build/debian/usr/lib/courier ]] ||
		skip "Courier is there"
	cd "$BED_ROOT"
	run make -s B="$BED_BUILD" bench QUICK=1 MESSAGES=10 REPEAT=1 \
		PEERS=courier ONLY=none
	((status == 0))
	[[ $output == *"courier is left out"* ]]
}

@test "an interrupted bench leaves no process, user, mount or cgroup" {
	local out=$BATS_TEST_TMPDIR/out pid line
	cd "$BED_ROOT"
	mkfifo "$out"
	B=$BED_BUILD PEERS=none QUICK=1 MESSAGES=1000 REPEAT=1 ONLY=session,read \
		setsid python3 -B tests/bench/bench.py >"$out" 2>&1 3>&- &
	pid=$!
	read -r line <"$out"
	[[ $line == *session* ]]
	kill -INT "-$pid" || kill -TERM "$pid"
	wait "$pid" || :
	run ! grep -l '^/mnt/run/bin' /proc/[0-9]*/cmdline
	run ! getent passwd stdmy
	run ! grep -q ' /mnt/run' /proc/mounts
	run find /sys/fs/cgroup -name 'stdmail-bench-*'
	[[ -z $output ]]
}

@test "without root the bench says that it needs it" {
	cd "$BED_ROOT"
	run setpriv --reuid 65534 --clear-groups /usr/bin/python3 -B tests/bench/bench.py
	((status == 1))
	[[ $output == *"needs root"* ]]
}
