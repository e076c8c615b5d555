# systemd-socket-activate, both ways: a process for each connection, and a
# process that listens and forks.

load ../lib/bed
load ../lib/net

setup() {
	bed_setup
	need systemd-socket-activate ss
	net_start
	maildir_put one.eml two.eml
}

@test "--accept --inetd: pop3d serves a connection" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate --accept \
		--inetd -l 127.0.0.1:110 /usr/local/libexec/stdmail/pop3d
	net_wait 110
	net_serves_pop3
}

@test "--accept --inetd: imapd serves a connection" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate --accept \
		--inetd -l 127.0.0.1:143 /usr/local/libexec/stdmail/imapd
	net_wait 143
	net_serves_imap
}

@test "--accept: the socket may come as a passed descriptor" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate --accept \
		-l 127.0.0.1:143 /usr/local/libexec/stdmail/imapd
	net_wait 143
	net_serves_imap
}

@test "without --accept: pop3d listens, and serves one after another" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate \
		-l 127.0.0.1:110 /usr/local/libexec/stdmail/pop3d
	net_wait 110
	net_serves_pop3
	maildir_put one.eml
	rm "$MAILDIR"/*/*M2P1*
	maildir_put two.eml
	net_talk 110 <<-'EOT'
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
}

@test "without --accept: several clients at a time" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate \
		-l 127.0.0.1:143 /usr/local/libexec/stdmail/imapd
	net_wait 143
	net_talk 143 --prelude "$IMAP_LOGIN" <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C3: a SELECT INBOX
		S3* a OK...
		C2: b STORE 1 FLAGS.SILENT (\Flagged)
		S2: b OK...
		C: b NOOP
		S* * 1 FETCH (...FLAGS (\Flagged...))
		S* b OK...
		C3: b NOOP
		S3* * 1 FETCH (...FLAGS (\Flagged...))
		S3* b OK...
	EOT
}

@test "the accept loop tells a client over the limit, and goes on" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate \
		-l 127.0.0.1:143 -l '[::1]:143' /usr/local/libexec/stdmail/imapd \
		--max-per-source=2 --max-connections=3
	net_wait 143
	net_talk 143 --beside '[::1]:143' <<-'EOT'
		S: * OK...
		S2: * OK...
		# One more from 127.0.0.1 is too many, from ::1 it is not.
		S3: * BYE...
		EOF3
		S9: * OK...
		C2: a LOGOUT
		S2: * BYE...
		S2: a OK...
		EOF2
		C: a NOOP
		S: a OK...
	EOT
	# Those have gone, and there is room again.
	net_talk 143 <<-'EOT'
		S: * OK...
		C: a LOGOUT
		S: * BYE...
		S: a OK...
		EOF
	EOT
}

@test "SIGTERM ends the accept loop and its sessions" {
	net_serve "$BED_TMP/activate.log" systemd-socket-activate \
		-l 127.0.0.1:143 /usr/local/libexec/stdmail/imapd
	net_wait 143
	# The launcher has become the program when the first client is there.
	export NET_SERVER
	net_talk 143 --prelude "$IMAP_LOGIN" <<-'EOT'
		C: a NOOP
		S: a OK...
		RUN kill "$NET_SERVER"
		S* * BYE...
		EOF
	EOT
	wait_until 10 bed_gone "$NET_SERVER"
}
