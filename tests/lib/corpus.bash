# shellcheck shell=bash
#
# The corpus of real mail that $CORPUS names, as one maildrop; load after bed.

need_corpus() {
	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
}

# corpus_put FLAGS: every message into cur/, in the order of the names that
# are listed in $BED_TMP/names.
corpus_put() {
	local file n=0 messages=$BED_ROOT/build/corpus/messages

	"$BED_ROOT/tests/corpus/unpack.sh" "$messages"
	cd "$messages" || return
	find . -name '*.eml' | LC_ALL=C sort >"$BED_TMP/names"
	while read -r file; do
		n=$((n + 1))
		echo "$file $MAILDIR/cur/$((1700000000 + n)).M${n}P1.bed:2,$1"
	done <"$BED_TMP/names" | xargs -n 2 cp
	bed_own -R "$MAILDIR"
}
