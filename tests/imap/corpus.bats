# The corpus of real mail that $CORPUS names, against Dovecot: all ENVELOPEs,
# BODYs and BODYSTRUCTUREs follow the grammar, and where they differ
# differences.txt says why.

load ../lib/bed
load ../lib/corpus
load ../lib/dovecot

@test "every message: the grammar is kept, differences from Dovecot explained" {
	need_corpus
	need_root "Dovecot"
	corpus_put S
	dovecot_start
	env -i HOME="$BED_HOME" PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" \
		/usr/bin/python3 "$BED_ROOT/tests/imap/compare.py" \
		"$BED_TMP/names" "$BED_ROOT/tests/imap/differences.txt" \
		"127.0.0.1:$DOVECOT_IMAP" "$BED_USER" "$BED_PASSWORD" \
		setpriv --reuid="$BED_USER" \
		--regid="$(id -g "$BED_USER")" --clear-groups \
		"$BED_BIN/imapd"
}
