# Killing imapd and pop3d at their system calls.  STRIDE=1 tries each of them,
# SEED= repeats a sample.

load ../lib/bed

@test "Killed at any system call, nothing confirmed is lost and nobody locked out" {
	need_root "strace on another user's process"
	need strace
	run /usr/bin/python3 -B "$BED_ROOT/tests/system/kill.py" \
		"$BED_HOME" "$BED_BIN" "$BED_USER" "${STRIDE:-15}"
	echo "$output"
	((status == 0))
}
