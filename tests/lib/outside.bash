# shellcheck shell=bash
#
# Two sessions look while a Maildir is changed from outside (outside.py).
# SEED= repeats what was changed, if not when.

# outside CHANGES COMMAND...: one session idles; the other, as that command,
# asks with NOOP.
outside() {
	local changes=$1
	local -a become=() own=("--maildir=$MAILDIR"
		"--cache=$BED_HOME/.cache/stdmail")

	shift
	if bed_root; then
		become=(setpriv "--reuid=$BED_USER"
			"--regid=$(id -g "$BED_USER")" --clear-groups)
	fi
	become+=(env -i HOME="$BED_HOME" PATH=/usr/bin:/bin
		ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS")
	timeout 800 /usr/bin/python3 -B "$BED_ROOT/tests/lib/outside.py" \
		--maildir "$MAILDIR" --owner "$BED_USER" \
		--changes "$changes" --seed "${SEED:-$RANDOM}" -- \
		"${become[@]}" "$BED_BIN/imapd" "${own[@]}" -- \
		"${become[@]}" "$@" "${own[@]}" 2>"$BED_TMP/outside.log" || {
		tail -n 20 "$BED_TMP/outside.log"
		return 1
	}
}

# The same, and the system has no notices left for the one that asks.
outside_unnoticed() {
	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances' ||
		skip "no user namespaces here"
	# shellcheck disable=SC2016
	outside "$1" unshare -Ur sh -c '
		echo 0 >/proc/sys/user/max_inotify_instances &&
		exec unshare -U --map-user=12345 --map-group=12345 "$0" "$@"
		' "$BED_BIN/imapd"
}
