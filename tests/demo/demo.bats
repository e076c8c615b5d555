# "make demo" shows what it promises, and leaves nothing behind.

load ../lib/bed

# The source may lie where an ordinary user cannot read it.
setup() {
	bed_setup
	need systemd-socket-activate
	if [[ ! -d $BED_TMP/source ]]; then
		mkdir -p "$BED_TMP/source/tests"
		cp -r "$BED_ROOT"/tests/{demo,lib} "$BED_TMP/source/tests/"
		chmod -R go=rX "$BED_TMP/source"
	fi
	mkdir -p "$BED_TMP/tmp"
	chmod 1777 "$BED_TMP/tmp"
	DEMO=(env DEMO_ONCE=1 "TMPDIR=$BED_TMP/tmp" "DEMO_IMAP_PORT=$(free_port)"
		"DEMO_POP3_PORT=$(free_port)" "B=$BED_TMP"
		"$BED_TMP/source/tests/demo/demo.sh")
}

@test "the demo as root: a user for the run, both dialogues over TCP" {
	local name

	need_root "makes a user"
	run -0 "${DEMO[@]}"
	[[ $output == *"POP3, over TCP"* && $output == *"S: +OK 12 "* ]]
	[[ $output == *"IMAP, over TCP"* && $output == *"S: * 12 EXISTS"* ]]
	[[ $output == *Thunderbird* && $output == *curl* && $output == *mutt* ]]
	name=$(sed -n 's/^User \(.*\), password .*/\1/p' <<<"$output")
	run ! getent passwd "$name"
	rmdir "$BED_TMP/tmp"
}

@test "the demo without root: through pipes, and it says what it cannot" {
	run -0 as_user "${DEMO[@]}"
	[[ $output == *"POP3, through a pipe"* && $output == *"S: +OK 12 "* ]]
	[[ $output == *"S: * PREAUTH"* && $output == *"S: * 12 EXISTS"* ]]
	[[ $output == *"ask PAM about nobody else"* ]]
	rmdir "$BED_TMP/tmp"
}
