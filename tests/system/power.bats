# Cutting the power: what was confirmed is there afterwards.  CYCLES=100 and
# more for a campaign; SEED= repeats one.

load ../lib/bed

campaign() {
	need_root "a file system of its own"
	need "mkfs.$1"
	grep -qw "$1" /proc/filesystems || skip "this kernel has no $1"
	[[ -e /dev/loop-control ]] || skip "no loop devices here"
	mkdir "$BED_TMP/$1"
	run unshare -m /usr/bin/python3 -B "$BED_ROOT/tests/system/power.py" \
		"$BED_TMP/$1" "$BED_BIN" "$BED_USER" "$1" "${CYCLES:-10}"
	echo "$output"
	((status == 0))
}

@test "Power cuts on ext4: no confirmed message, folder or UID is lost" {
	campaign ext4
}

@test "Power cuts on xfs: no confirmed message, folder or UID is lost" {
	campaign xfs
}
