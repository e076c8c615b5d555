# A disk that says no.  STRIDE=1 fails every system call, SEED= repeats.

load ../lib/bed

full() {
	need_root "mounts, and strace on another user's process"
	chmod 755 "$BED_HOME"
	run unshare -m /usr/bin/python3 -B "$BED_ROOT/tests/system/full.py" \
		"$1" "$BED_HOME" "$BED_BIN" "$BED_USER" "${STRIDE:-15}"
	echo "$output"
	((status == 0))
}

@test "A system call that fails is one clear answer, and nothing half done" {
	need strace
	full inject
}

@test "A full disk refuses new mail and lets the old be read and removed" {
	full space
}

@test "A read-only file system: everything read, nothing written" {
	full readonly
}

@test "No cache can be made: everything works without" {
	full cache
}

@test "A clock set back lowers no UIDVALIDITY, UIDNEXT or modseq" {
	need cc
	[[ -z ${SAN:-} ]] || skip "a sanitizer wants to be loaded first"
	full clock
}
