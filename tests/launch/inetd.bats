# xinetd and openbsd-inetd, with the entries of units/ as they are.  Both hand
# the client's socket over as descriptors 0, 1 and 2.

load ../lib/bed
load ../lib/net

setup() {
	need_root "a network of its own"
	bed_setup
	XINETD=$BED_ROOT/build/debian/usr/sbin/xinetd
	INETD=$BED_ROOT/build/debian/usr/sbin/inetd
	if [[ ! -x $XINETD || ! -x $INETD ]]; then
		skip "the inetds are not unpacked: make deps check"
	fi
	need ss
	net_start
	maildir_put one.eml two.eml
}

# xinetd_start FILE...
xinetd_start() {
	local file

	{
		printf 'defaults\n{\n\tlog_type = FILE %s\n}\n' \
			"$BED_TMP/xinetd-events.log"
		for file; do
			echo "include $file"
		done
	} >"$BED_TMP/xinetd.conf"
	net_serve "$BED_TMP/xinetd.log" "$XINETD" -dontfork \
		-f "$BED_TMP/xinetd.conf" -pidfile "$BED_TMP/xinetd.pid"
}

# inetd_start FILE
inetd_start() {
	net_serve "$BED_TMP/inetd.log" "$INETD" -i "$1"
}

@test "xinetd: both programs serve from the shipped entries" {
	xinetd_start "$BED_ROOT"/units/{pop3,imap}.xinetd
	net_wait 110
	net_wait 143
	net_serves_imap
	net_serves_pop3
}

@test "xinetd, wait = yes: the program listens for itself" {
	sed -e 's/wait  *= no/wait = yes/' -e '/instances\|per_source/d' \
		"$BED_ROOT/units/imap.xinetd" >"$BED_TMP/imap.xinetd"
	grep -q 'wait = yes' "$BED_TMP/imap.xinetd"
	xinetd_start "$BED_TMP/imap.xinetd"
	net_wait 143
	net_serves_imap
	net_serves_imap
}

@test "xinetd: who is over per_source is closed without a word" {
	sed 's/\(per_source *= \).*/\12/' "$BED_ROOT/units/imap.xinetd" \
		>"$BED_TMP/imap.xinetd"
	xinetd_start "$BED_TMP/imap.xinetd"
	net_wait 143
	net_talk 143 <<-'EOT'
		S: * OK...
		S2: * OK...
		EOF3
		C: a NOOP
		S: a OK...
	EOT
}

@test "xinetd: what is said on standard error does not reach the client" {
	sed 's|^\(\t*\)server  *=.*|&\n\1server_args = --no-such-option|' \
		"$BED_ROOT/units/imap.xinetd" >"$BED_TMP/imap.xinetd"
	grep -q no-such-option "$BED_TMP/imap.xinetd"
	xinetd_start "$BED_TMP/imap.xinetd"
	net_wait 143
	net_talk 143 <<-'EOT'
		EOF
	EOT
}

@test "openbsd-inetd: both programs serve from the shipped lines" {
	inetd_start "$BED_ROOT/units/inetd.conf"
	net_wait 110
	net_wait 143
	net_serves_imap
	net_serves_pop3
}

@test "openbsd-inetd, wait: the program listens for itself" {
	sed 's/nowait\.1000/wait/' "$BED_ROOT/units/inetd.conf" \
		>"$BED_TMP/inetd.conf"
	inetd_start "$BED_TMP/inetd.conf"
	net_wait 143
	net_serves_imap
	net_serves_imap
	net_serves_pop3
}

@test "openbsd-inetd: what is said on standard error does not reach the client" {
	sed 's/imapd$/imapd --no-such-option/' "$BED_ROOT/units/inetd.conf" \
		>"$BED_TMP/inetd.conf"
	grep -q no-such-option "$BED_TMP/inetd.conf"
	inetd_start "$BED_TMP/inetd.conf"
	net_wait 143
	net_talk 143 <<-'EOT'
		EOF
	EOT
}
