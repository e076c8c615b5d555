#!/usr/bin/env bats
#
# Threads are those of RFC 5256: the fast program against a slow one that does
# the steps of the RFC one after the other.

@test "random mailboxes get the threads of RFC 5256, step by step" {
	local program=${B:-build}/unit/thread

	[[ -x $program ]] || skip "$program is not built"
	for seed in 1 2 3 4; do
		"$BATS_TEST_DIRNAME/rfc5256.py" "$program" "$seed" 1000
	done
}
