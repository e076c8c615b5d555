#!/usr/bin/env bats
#
# After login, under TLS: the front is a relay between client and session.

load ../lib/bed
load tls

# What a test asks in the middle of a dialogue (RUN) comes from here.
# shellcheck disable=SC2016
LOOK='. "$BED_ROOT/tests/tls/tls.bash"; tls_processes'

# imap_begin: the first lines of a transcript, up to being logged in.
# shellcheck disable=SC2016
IMAP_BEGIN='TLS
S: * OK...
C: a LOGIN ${user} ${password}
S: a OK...'
# shellcheck disable=SC2016
POP3_BEGIN='TLS
S: +OK...
C: USER ${user}
S: +OK...
C: PASS ${password}
S: +OK...'

# big_mail OCTETS: a message of about so many.
big_mail() {
	{
		printf 'From: a@example.org\nSubject: big\n\n'
		head -c "$(($1 * 3 / 4))" /dev/urandom | base64
	} >"$BED_TMP/big.eml"
	wire "$BED_TMP/big.eml" >"$BED_TMP/big.wire"
	maildir_put "$BED_TMP/big.eml"
}

@test "only the front ever maps the library" {
	local maps="
		RUN $LOOK; ((\$(tls_maps \$RELAY) > 0))
		RUN $LOOK; ! tls_maps \$MONITOR
		RUN $LOOK; ! tls_maps \$SESSION"

	tls_server imapd
	tls_talk <<-EOT
		S: * OK...
		C: a STARTTLS
		S: a OK...
		${IMAP_BEGIN/S: \* OK.../}
		$maps
	EOT
	tls_server pop3d
	tls_talk <<-EOT
		S: +OK...
		C: STLS
		S: +OK...
		${POP3_BEGIN/S: +OK.../}
		$maps
	EOT
}

@test "the relay is the front: nobody, in an empty root, filtered" {
	tls_server imapd --tls=implicit
	tls_talk <<-EOT
		$IMAP_BEGIN
		RUN $LOOK; ! grep -qP '^Uid:.*\t0(\t|$)' /proc/\$RELAY/status
		RUN $LOOK; grep -qP '^Seccomp:\t2' /proc/\$RELAY/status
		RUN $LOOK; grep -qP '^NoNewPrivs:\t1' /proc/\$RELAY/status
		RUN $LOOK; grep -qP '^CapEff:\t0+$' /proc/\$RELAY/status
		RUN $LOOK; [[ -z \$(ls -A /proc/\$RELAY/root/) ]]
		RUN $LOOK; ! ls -l /proc/\$RELAY/fd | grep -E 'ec.(crt|key)'
		RUN $LOOK; c=\$(readlink /proc/\$RELAY/fd/0); ! ls -l /proc/\$SESSION/fd | grep -F "\$c"
		RUN $LOOK; c=\$(readlink /proc/\$RELAY/fd/0); ! ls -l /proc/\$MONITOR/fd | grep -F "\$c"
	EOT
}

@test "a large message comes whole, octet for octet" {
	big_mail $((24 << 20))
	tls_server imapd --tls=implicit
	curl -sS --cacert "$TLS_CA" -m 60 -u "$BED_USER:$BED_PASSWORD" \
		-o "$BED_TMP/got" "imaps://localhost:$BED_PORT/INBOX;MAILINDEX=1"
	cmp "$BED_TMP/got" "$BED_TMP/big.wire"
	tls_server pop3d --tls=implicit
	curl -sS --cacert "$TLS_CA" -m 60 -u "$BED_USER:$BED_PASSWORD" \
		-o "$BED_TMP/got" "pop3s://localhost:$BED_PORT/1"
	cmp "$BED_TMP/got" "$BED_TMP/big.wire"
}

@test "2,000 commands before the first answer is read are all answered" {
	printf 'x%d NOOP\r\n' {1..2000} >"$BED_TMP/in"
	printf 'x%d OK Done\r\n' {1..2000} >"$BED_TMP/out"
	tls_server imapd --tls=implicit
	tls_talk <<-EOT
		$IMAP_BEGIN
		C< $BED_TMP/in
		S< $BED_TMP/out
		C: b LOGOUT
		S: * BYE...
		S: b OK...
		EOF
	EOT
}

@test "what is pipelined behind the login goes along" {
	tls_server pop3d --tls=implicit
	tls_talk <<-'EOT'
		TLS
		S: +OK...
		C~ USER ${user}\r\nPASS ${password}\r\nSTAT\r\nNOOP\r\nQUIT\r\n
		S: +OK...
		S: +OK...
		S: +OK 0 0
		S: +OK...
		S: +OK...
		EOF
	EOT
}

@test "a client that closes its side gets its answers, then the end" {
	maildir_put one.eml
	wire "$BED_MAIL/one.eml" >"$BED_TMP/wire"
	tls_server pop3d --tls=implicit
	tls_talk <<-EOT
		$POP3_BEGIN
		C: DELE 1
		C: RSET
		C: RETR 1
		CLOSE
		S: +OK...
		S: +OK...
		S: +OK...
		S< $BED_TMP/wire
		S: .
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
	wait_for_line "$BED_LOG" 'died with code 0'
}

twice_ended() {
	[[ $(grep -c 'died with code 0' "$BED_LOG") == 2 ]]
}

@test "a client that is gone after its QUIT has quit" {
	maildir_put one.eml two.eml
	tls_server pop3d --tls=implicit
	tls_talk <<-EOT
		$POP3_BEGIN
		C: DELE 1
		S: +OK...
		C: QUIT
		DROP
	EOT
	wait_for_line "$BED_LOG" 'died with code 0'
	[[ $(maildir_count) == 1 ]]
	# Without QUIT nothing is deleted.
	tls_talk <<-EOT
		$POP3_BEGIN
		C: DELE 1
		S: +OK...
		DROP
	EOT
	wait_until 10 twice_ended
	[[ $(maildir_count) == 1 ]]
}

@test "a session that is killed: the client sees the end at once" {
	tls_server imapd --tls=implicit
	tls_talk --deadline 5 <<-EOT
		$IMAP_BEGIN
		RUN $LOOK; kill -9 \$SESSION
		EOF
	EOT
	tls_logged "logout user=$BED_USER"
	tls_logged "session of $BED_USER ended by signal 9"
}

@test "a relay that is killed: nothing is left of the connection" {
	tls_server pop3d --tls=implicit
	maildir_put one.eml
	run -1 tls_talk --deadline 5 <<-EOT
		$POP3_BEGIN
		C: DELE 1
		S: +OK...
		RUN $LOOK; kill -9 \$RELAY
		EOF
	EOT
	[[ $output == *'without close_notify'* ]]
	tls_logged "logout user=$BED_USER"
	tls_logged 'died with code'
	[[ $(maildir_count) == 1 ]]
}

@test "SIGTERM: what the session says good-bye with still arrives" {
	tls_server imapd --tls=implicit
	tls_talk <<-EOT
		$IMAP_BEGIN
		RUN $LOOK; kill -TERM \$MONITOR
		S: * BYE...
		EOF
	EOT
	tls_server imapd --tls=implicit
	tls_talk <<-EOT
		$IMAP_BEGIN
		RUN $LOOK; kill -TERM \$RELAY \$SESSION \$MONITOR
		S: * BYE...
		EOF
	EOT
}

@test "the monitor killed outright: the rest ends by itself" {
	local session relay

	tls_server imapd --tls=implicit
	tls_talk <<-EOT
		$IMAP_BEGIN
		RUN $LOOK; echo \$SESSION \$RELAY >$BED_TMP/left; kill -9 \$MONITOR
		S: * BYE...
		EOF
	EOT
	read -r session relay <"$BED_TMP/left"
	wait_until 5 bed_gone "$session"
	wait_until 5 bed_gone "$relay"
}

@test "answers outlive the session: a slow client gets all of them" {
	big_mail 120000
	tls_server pop3d --tls=implicit
	/usr/bin/python3 - "$BED_PORT" "$TLS_CA" "$BED_USER" "$BED_PASSWORD" \
		"$BED_TMP/big.wire" "$BED_LOG" <<-'EOT'
		import socket, ssl, sys, time
		port, ca, user, password, want, log = sys.argv[1:]
		raw = socket.socket()
		raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		raw.connect(("127.0.0.1", int(port)))
		s = ssl.create_default_context(cafile=ca).wrap_socket(
		    raw, server_hostname="localhost", suppress_ragged_eofs=False)
		f = s.makefile("rb")
		f.readline()
		s.sendall(b"USER %s\r\nPASS %s\r\n" % (user.encode(),
		                                       password.encode()))
		for _ in range(2):
		    assert f.readline().startswith(b"+OK")
		s.sendall(b"RETR 1\r\nQUIT\r\nNOOP\r\nNOOP\r\n")
		end = time.monotonic() + 10
		while "logout user=" not in open(log).read():
		    assert time.monotonic() < end, "the session does not end"
		    time.sleep(0.02)
		assert f.readline().startswith(b"+OK")
		want = open(want, "rb").read() + b".\r\n"
		assert f.read(len(want)) == want
		assert f.readline().startswith(b"+OK")
		assert f.read() == b""
	EOT
}
