# make install and make uninstall, into a directory of the test.

load ../lib/bed

# The programs are those under test, so nothing is built for it.
install_make() {
	make -s -C "$BED_ROOT" "B=$BED_BUILD" "DESTDIR=$BED_TMP/dest" "$@" \
		>"$BED_TMP/make.log" 2>&1 || {
		cat "$BED_TMP/make.log"
		return 1
	}
}

setup() {
	bed_setup
	rm -rf "$BED_TMP/dest"
	if ! bed_root && [[ ! -w $BED_BUILD ]]; then
		skip "the build is somebody else's"
	fi
}

@test "everything is put where the unit files look for it" {
	local unit program

	install_make install
	cd "$BED_TMP/dest"
	[[ -f etc/pam.d/imap && -f etc/pam.d/pop3 ]]
	[[ $(readlink usr/local/bin/imapd) == /usr/local/libexec/stdmail/imapd ]]
	[[ -f usr/local/share/man/man8/imapd.8 ]]
	[[ -f usr/local/share/man/man8/pop3d.8 ]]
	[[ -f usr/local/lib/sysusers.d/stdmail.conf ]]
	[[ -f usr/local/share/doc/stdmail/imap.xinetd ]]
	for unit in imap pop3 imaps pop3s imap-loop pop3-loop; do
		[[ -f usr/local/lib/systemd/system/$unit.socket ]]
	done
	for program in $(sed -nE 's/^ExecStart=([^ ]*).*/\1/p' \
		usr/local/lib/systemd/system/*.service); do
		[[ -x .$program ]]
	done
}

@test "PREFIX moves the programs, and every file that names them" {
	install_make PREFIX=/opt/mail install
	cd "$BED_TMP/dest"
	[[ -x opt/mail/libexec/stdmail/imapd && ! -e usr/local ]]
	run ! grep -rn /usr/local/libexec .
	grep -q '^ExecStart=/opt/mail/libexec/stdmail/imapd' \
		opt/mail/lib/systemd/system/imap@.service
	grep -q 'server .*= /opt/mail/libexec/stdmail/pop3d$' \
		opt/mail/share/doc/stdmail/pop3.xinetd
	grep -q '/opt/mail/libexec/stdmail/pop3d' \
		opt/mail/share/doc/stdmail/inetd.conf
}

@test "uninstall removes all of it, but not what was changed in etc" {
	install_make install
	install_make uninstall
	[[ -z $(find "$BED_TMP/dest" ! -type d) ]]
	install_make install
	echo '# ours' >>"$BED_TMP/dest/etc/pam.d/imap"
	# Installing again keeps it, too.
	install_make install
	grep -q '^# ours' "$BED_TMP/dest/etc/pam.d/imap"
	install_make uninstall
	[[ $(cd "$BED_TMP/dest" && find . ! -type d) == ./etc/pam.d/imap ]]
}
