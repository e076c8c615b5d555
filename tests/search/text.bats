#!/usr/bin/env bats
#
# The searchable text and the preview of every message of the corpus that
# $CORPUS names.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	if [[ -n ${CORPUS:-} ]]; then
		tests/corpus/unpack.sh "$(realpath -m build/corpus/messages)"
	fi
}

@test "every message: UTF-8, within bounds, the same in windows of any size" {
	local program=${B:-build}/unit/text

	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
	find build/corpus/messages -name '*.eml' -print0 |
		xargs -0 "$program"
}
