# The corpus of real mail that $CORPUS names, as one maildrop.

load ../lib/bed
load ../lib/corpus

@test "STAT, LIST and RETR of every message agree to the octet" {
	need_corpus
	corpus_put ''
	cp -r "$MAILDIR/cur" "$BED_TMP/files"
	cp "$BED_ROOT/tests/pop3/corpus.py" "$BED_TMP"
	run as_user /usr/bin/python3 "$BED_TMP/corpus.py" \
		"$BED_TMP/files" "$BED_BIN/pop3d" --preauth
	echo "$output"
	[[ $status == 0 && $output == *" messages, "* ]]
}
