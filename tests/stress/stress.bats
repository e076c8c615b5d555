# Many sessions at one mailbox, each checking every answer against a model of
# its own, beside deliveries, renames, deletions and POP3 (stress.py).
#
#	SEED=7 SECONDS_LONG=60 CLIENTS=10 bats tests/stress

load ../lib/bed

stress() {
	local -a become=()

	bed_program imapd
	bed_program pop3d
	maildir_make .box
	if bed_root; then
		become=(setpriv "--reuid=$BED_USER"
			"--regid=$(id -g "$BED_USER")" --clear-groups)
	fi
	timeout 300 /usr/bin/python3 "$BED_ROOT/tests/stress/stress.py" \
		--owner "$BED_USER" --maildir "$MAILDIR" \
		--pop3 "$BED_BIN/pop3d" --errors "$BED_TMP/stress.log" "$@" \
		-- env -i HOME="$BED_HOME" ASAN_OPTIONS="$ASAN_OPTIONS" \
		UBSAN_OPTIONS="$UBSAN_OPTIONS" "${become[@]}" "$BED_BIN/imapd" \
		"--maildir=$MAILDIR" "--cache=$BED_HOME/.cache/stdmail"
}

@test "one at a time, in the order of a seed: no answer is wrong" {
	stress --seed "${SEED:-1}" --steps 600 --clients 4
}

@test "all at the same time: no answer is wrong, all agree with the disk" {
	stress --seed "${SEED:-$RANDOM}" --seconds "${SECONDS_LONG:-8}" \
		--clients "${CLIENTS:-6}"
}
