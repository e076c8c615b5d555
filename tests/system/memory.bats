# A large mailbox in little memory: a cold look, a warm one, flags, a search, new
# mail, a lost cache.  LONG=1: a million messages in 64 MiB.

load ../lib/bed

# in_memory MESSAGES MIB
in_memory() {
	need_root "makes a memory cgroup"
	[[ -z ${SAN:-} ]] || skip "a sanitizer takes more than that for itself"
	chmod 755 "$BED_HOME"
	run timeout 1200 /usr/bin/python3 -B "$BED_ROOT/tests/system/memory.py" \
		"$BED_BIN/imapd" "$BED_HOME" "$BED_USER" "$@"
	echo "$output"
	((status != 77)) || skip "$output"
	((status == 0))
}

@test "200,000 messages in 32 MiB can be looked at" {
	in_memory 200000 32
}

@test "1,000,000 messages in 64 MiB: the same" {
	[[ -n ${LONG:-} ]] || skip "takes minutes: LONG=1"
	in_memory 1000000 64
}
