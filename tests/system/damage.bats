# A damaged cache.  ROUNDS= for more, SEED= repeats.

load ../lib/bed

@test "Whatever becomes of the cache, no wrong answer, no change to the mail, and it heals" {
	need_root "files of another user"
	run /usr/bin/python3 -B "$BED_ROOT/tests/system/damage.py" \
		"$BED_HOME" "$BED_BIN" "$BED_USER" "${ROUNDS:-1}"
	echo "$output"
	((status == 0))
}
