#!/usr/bin/env bats
#
# Base subjects and threads are those of RFC 5256: the fast programs against a
# slow one that does the steps of the RFC one after the other.

# against WHAT: with four seeds
against() {
	local program=${B:-build}/unit/$1

	[[ -x $program ]] || skip "$program is not built"
	for seed in 1 2 3 4; do
		"$BATS_TEST_DIRNAME/rfc5256.py" "$1" "$program" "$seed" "$2"
	done
}

@test "random mailboxes get the threads of RFC 5256, step by step" {
	against thread 1000
}

@test "random subjects get the base of RFC 5256, step by step" {
	against subject 10000
}
