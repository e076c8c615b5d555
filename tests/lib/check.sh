#!/bin/bash
#
# check.sh [ROOM...]: everything "make check" runs, and one last line that
# counts it: N passed, N failed, N skipped.
#
# The programs are built three ways, each without a warning: gcc, clang, and
# gcc with ASan and UBSan.  The unit tests of all three run; the rooms of
# transcripts run once with the first, through pipes, and those of the two
# protocols once more with the sanitizers, over TCP with a login through PAM, a
# few of them also under valgrind, which sees what is read before it is set.
#
# Everything is TAP, one file for each program of tests in build/check/tap.  A
# file that ends early, has no plan, or whose program fails without a "not
# ok", counts as a failure of its own.  With CI set a skip is a failure too:
# there everything is installed; only the corpus may be missing.
#
# With rooms named ("check.sh pop3 imap") only their transcripts run.

set -uo pipefail
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1

JOBS=${JOBS:-$(nproc)}
out=build/check
tap=$out/tap
rm -rf "$tap"
mkdir -p "$tap"
if [[ -n ${CORPUS:-} ]]; then
	CORPUS=$(cd "$CORPUS" && pwd) || exit 1
	export CORPUS
fi
# The makes below are their own: no flags or job servers of the one above.
unset MAKEFLAGS MFLAGS MAKELEVEL

# point FILE STATUS TEXT: one line of TAP of our own; on failure what the log
# has of errors.
point() {
	if (($2 == 0)); then
		echo "ok 1 $3" >"$tap/$1.tap"
	else
		{
			echo "not ok 1 $3"
			grep -vE '^(gcc|clang|mkdir|rm|ar) ' \
				"$out/$1.log" | sed 's/^/# /' | head -n 40
		} | tee "$tap/$1.tap"
	fi
	echo 1..1 >>"$tap/$1.tap"
}

# compile NAME COMPILER [VARIABLE=VALUE...]
compile() {
	local name=$1 cc=$2
	shift 2

	echo "== building: $name"
	if ! command -v "$cc" >/dev/null; then
		echo "ok 1 builds with $name # skip $cc is not installed" \
			>"$tap/build-$name.tap"
		echo 1..1 >>"$tap/build-$name.tap"
		return 1
	fi
	make -k -j "$JOBS" CI=1 CC="$cc" B="$out/$name" "$@" all unit \
		>"$out/build-$name.log" 2>&1 </dev/null
	point "build-$name" $? "builds with $name without a warning"
	[[ -x $out/$name/bin/pop3d && -x $out/$name/bin/imapd ]]
}

# run_one FILE COMMAND...: its TAP into FILE; failures are shown at once.
run_one() {
	local file=$1 status=0 planned got

	shift
	# What hangs is ended, and counts as failed.
	timeout -k 10 900 "$@" >"$file" 2>"$file.err" </dev/null || status=$?
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$file" | head -n 1)
	got=$(grep -cE '^(not )?ok ' "$file")
	if [[ ${planned:-none} != "$got" ]] ||
		{ ((status)) && ! grep -q '^not ok ' "$file"; }; then
		{
			echo "not ok $((got + 1)) ran to its end"
			echo "# status $status, $got of ${planned:-?} tests"
			tail -n 40 "$file.err" | sed 's/^/# /'
		} >>"$file"
	fi
	if grep -q '^not ok ' "$file"; then
		echo "== failed: $*"
		awk '/^not ok /{p=1} /^ok /{p=0} p' "$file"
	fi
}
export -f run_one

# each VIA BUILD FILE...: bats files side by side, one job a core.
each() {
	local via=$1 build=$2

	shift 2
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | VIA=$via B=$build TAP=$tap xargs -P "$JOBS" -I{} \
		bash -c 'name=${1#tests/}; name=${name//\//-}
			run_one "$TAP/$VIA-${B##*/}-${name%.bats}.tap" bats --tap "$1"' \
		one {}
}

units() {
	local build=$1 program

	for program in "$out/$build"/unit/*; do
		if [[ -x $program && -f $program ]]; then
			run_one "$tap/unit-$build-${program##*/}.tap" "$program"
		fi
	done
}

# Everything but what takes minutes each (make check-system has all of it).
rooms() {
	{
		find tests -name '*.bats' ! -path 'tests/system/*' \
			! -path 'tests/bench/*'
		echo tests/system/order.bats
		echo tests/system/units.bats
	} | sort
}

summary() {
	local passed failed skipped allowed=0

	skipped=$(cat "$tap"/*.tap | grep -cE '^ok .*# skip')
	passed=$(($(cat "$tap"/*.tap | grep -cE '^ok ') - skipped))
	failed=$(cat "$tap"/*.tap | grep -cE '^not ok ')
	if ((skipped)); then
		grep -hE '^ok .*# skip' "$tap"/*.tap | sed 's/.*# skip */skipped: /' |
			sort | uniq -c
	fi
	if [[ -z ${CORPUS:-} ]]; then
		allowed=$(cat "$tap"/*.tap | grep -cE '^ok .*# skip.*CORPUS')
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed > 0)) &&
		[[ -z ${CI:-} || $skipped == "$allowed" ]]
}

if (($#)); then
	compile gcc gcc || exit 1
	for room; do
		mapfile -t files < <(find "tests/$room" -name '*.bats' | sort)
		each "${VIA:-pipe}" "$out/gcc" "${files[@]}"
	done
	summary
	exit
fi

if compile gcc gcc; then
	echo "== unit tests and transcripts"
	units gcc
	mapfile -t files < <(rooms)
	each pipe "$out/gcc" "${files[@]}"
fi
if command -v valgrind >/dev/null; then
	echo "== a few transcripts under valgrind"
	make -k CI=1 CC=gcc B="$out/gcc" valgrind >"$out/build-valgrind.log" \
		2>&1 </dev/null
	point build-valgrind $? "builds without walls for valgrind"
	# None that counts system calls or seconds.
	each pipe "$out/gcc/valgrind" tests/imap/{append,create,sort}.bats \
		tests/imap/{store,structure,thread}.bats \
		tests/pop3/{retr,uidl}.bats
else
	{
		echo 1..1
		echo "ok 1 runs under valgrind # skip valgrind is not installed"
	} >"$tap/build-valgrind.tap"
fi
if compile clang clang; then
	units clang
fi
if compile sanitizers gcc SAN=1; then
	echo "== unit tests and transcripts under the sanitizers"
	units sanitizers
	mapfile -t files < <(rooms | grep -E '^tests/(pop3|imap|handout|stress)/')
	if ((${#files[@]})); then
		each socket "$out/sanitizers" "${files[@]}"
	fi
fi
summary
