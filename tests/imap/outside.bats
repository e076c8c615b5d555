# A Maildir that others change without a pause, and two sessions that look:
# deliveries, flags, moves, deletions.  The long form is in tests/system.

load ../lib/bed
load ../lib/outside

@test "2,000 changes from outside: nothing is missed, no UID given twice" {
	outside 2000 "$BED_BIN/imapd"
}

@test "the same without notices for one of the two" {
	outside_unnoticed 1000
}
