# A Maildir that others change 20,000 times while two sessions look.

load ../lib/bed
load ../lib/outside

@test "20,000 changes from outside: nothing is missed, no UID given twice" {
	outside 20000 "$BED_BIN/imapd"
}

@test "the same without notices for one of the two" {
	outside_unnoticed 20000
}

# One of the two has a clock that is SECONDS off.
off_by() {
	need cc
	cc -shared -fPIC -o "$BED_TMP/clock.so" "$BED_ROOT/tests/system/clock.c"
	outside 5000 env "LD_PRELOAD=$BED_TMP/clock.so" "CLOCK_OFFSET=$1" \
		"$BED_BIN/imapd"
}

@test "the same with a clock that was set back an hour" {
	off_by -3600
}

@test "the same with a clock that is an hour ahead" {
	off_by 3600
}
