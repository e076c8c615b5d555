# A Maildir that others change 20,000 times while two sessions look.

load ../lib/bed
load ../lib/outside

@test "20,000 changes from outside: nothing is missed, no UID given twice" {
	outside 20000 "$BED_BIN/imapd"
}

@test "the same without notices for one of the two" {
	outside_unnoticed 20000
}
