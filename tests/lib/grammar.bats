# The strict parser that every response of imapd goes through (talk.py feeds
# it): what it must pass, and what it must refuse, by which rule.

load bed

setup_file() {
	:
}

setup() {
	BED_TMP=$BATS_TEST_TMPDIR
}

teardown_file() {
	:
}

@test "the table of good and bad responses" {
	/usr/bin/python3 "$BED_ROOT/tests/lib/grammar_cases.py"
}

@test "a transcript fails at a response that the grammar refuses" {
	mkdir "$BED_TMP/raw"
	run -1 /usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" --deadline 2 \
		--raw "$BED_TMP/raw" -- printf '%s\r\n' \
		'* PREAUTH [CAPABILITY IMAP4rev1] Hello' '* 0 EXPUNGE' <<-'EOT'
		S* * 0 EXPUNGE
	EOT
	[[ $output == *"not IMAP: message-data: nz-number"*"0 EXPUNGE"* ]]
}
