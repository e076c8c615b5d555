#!/usr/bin/env bats
#
# The parsers over the corpus of real mail that $CORPUS names (see its README
# for what it holds): promises that hold for any message, and the offsets that
# another parser found.

setup_file() {
	local build=${B:-build}

	cd "$BATS_TEST_DIRNAME/../.." || return
	PROGRAM=$(realpath -m "$build/unit/corpus")
	MESSAGES=$(realpath -m build/corpus/messages)
	export PROGRAM MESSAGES
	if [[ -n ${CORPUS:-} ]]; then
		tests/corpus/unpack.sh "$MESSAGES"
	fi
}

setup() {
	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
}

@test "every message: sizes agree, parts nest, values are clean" {
	find "$MESSAGES" -name '*.eml' -print0 | xargs -0 "$PROGRAM"
}

@test "offsets and lines of parts are those that MimeKit found" {
	"$BATS_TEST_DIRNAME/offsets.py" "$PROGRAM" "$MESSAGES"
}
