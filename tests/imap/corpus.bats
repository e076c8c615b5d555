# The corpus of real mail that $CORPUS names, against Dovecot: all ENVELOPEs,
# BODYs and BODYSTRUCTUREs follow the grammar, and where they differ
# differences.txt says why.

load ../lib/bed
load ../lib/dovecot

@test "every message: the grammar is kept, differences from Dovecot explained" {
	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
	need_root "Dovecot"
	local file n=0

	"$BED_ROOT/tests/corpus/unpack.sh" "$BED_ROOT/build/corpus/messages"
	cd "$BED_ROOT/build/corpus/messages"
	find . -name '*.eml' | LC_ALL=C sort >"$BED_TMP/names"
	while read -r file; do
		n=$((n + 1))
		echo "$file $MAILDIR/cur/$((1700000000 + n)).M${n}P1.bed:2,S"
	done <"$BED_TMP/names" | xargs -n 2 cp
	chown -R "$BED_USER": "$MAILDIR"
	dovecot_start
	env -i HOME="$BED_HOME" PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" \
		/usr/bin/python3 "$BED_ROOT/tests/imap/compare.py" \
		"$BED_TMP/names" "$BED_ROOT/tests/imap/differences.txt" \
		"127.0.0.1:$DOVECOT_IMAP" "$BED_USER" "$BED_PASSWORD" \
		setpriv --reuid="$BED_USER" \
		--regid="$(id -g "$BED_USER")" --clear-groups \
		"$BED_BIN/imapd"
}
