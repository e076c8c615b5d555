#!/usr/bin/env bats
#
# TLS from the first octet (RFC 8314 3): ports 993 and 995.

load ../lib/bed
load tls

@test "nothing is said before the handshake" {
	local program

	for program in imapd pop3d; do
		tls_server $program --tls=implicit
		exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
		run read -rt 0.5 -u 8
		((status > 128))
		exec 8>&-
		tls_logged 'tls-failed rhost=127.0.0.1 reason=closed'
	done
}

@test "a client without TLS gets no word in the clear" {
	local program

	for program in imapd pop3d; do
		tls_server $program --tls=implicit
		exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
		printf 'a CAPABILITY\r\nQUIT\r\n' >&8
		timeout 10 cat <&8 >"$BED_TMP/came" || :
		exec 8>&-
		# At most an alert: 21, version, 2 octets.
		(($(stat -c %s "$BED_TMP/came") <= 7))
		tls_logged 'tls-failed rhost=127.0.0.1 reason='
	done
}

@test "IMAP and POP3, whole dialogues" {
	maildir_put one.eml two.eml
	tls_server imapd --tls=implicit --plaintext-login=never
	tls_talk <<-'EOT'
		TLS
		S: * OK [CAPABILITY ... AUTH=PLAIN...] ...
		C: a STARTTLS
		S: a BAD...
		C: b LOGIN ${user} ${password}
		S: b OK...
		C: c SELECT INBOX
		S* * 2 EXISTS
		S* c OK...
		C: d LOGOUT
		S: * BYE...
		S: d OK...
		EOF
	EOT
	tls_logged "login user=$BED_USER rhost=127.0.0.1 method=imap tls=TLSv1.3"
	tls_server pop3d --tls=implicit --plaintext-login=never
	tls_talk <<-'EOT'
		TLS
		S: +OK...
		C: STLS
		S: -ERR...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	tls_logged "login user=$BED_USER rhost=127.0.0.1 method=pop3 tls=TLSv1.3"
	[[ $(maildir_count) == 1 ]]
}

@test "a PROXY header and the client's hello may come in one segment" {
	tls_server imapd --tls=implicit --proxy-protocol
	/usr/bin/python3 - "$BED_PORT" "$TLS_CA" <<-'EOT'
		import socket, ssl, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
		there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
		t = ssl.create_default_context(cafile=sys.argv[2]).wrap_bio(
		    there, back, server_hostname="localhost")
		try:
		    t.do_handshake()
		except ssl.SSLWantReadError:
		    pass
		s.sendall(b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 993\r\n"
		          + back.read())
		while True:
		    there.write(s.recv(65536))
		    try:
		        t.do_handshake()
		        break
		    except ssl.SSLWantReadError:
		        pass
		s.sendall(back.read())
		line = b""
		while not line.endswith(b"\r\n"):
		    try:
		        line += t.read(1)
		    except ssl.SSLWantReadError:
		        there.write(s.recv(65536))
		assert line.startswith(b"* OK "), line
		assert b"AUTH=PLAIN" in line, line
	EOT
}

@test "curl and Python's libraries read mail over TLS, either way" {
	need curl
	local url

	maildir_put -f S three.eml
	wire "$BED_MAIL/three.eml" >"$BED_TMP/wire"
	for url in "imaps://localhost:PORT/INBOX;MAILINDEX=1" \
		"imap://localhost:PORT/INBOX;MAILINDEX=1" \
		"pop3s://localhost:PORT/1" "pop3://localhost:PORT/1"; do
		case $url in
		imaps*) tls_server imapd --tls=implicit ;;
		pop3s*) tls_server pop3d --tls=implicit ;;
		imap*) tls_server imapd --plaintext-login=never ;;
		pop3*) tls_server pop3d --plaintext-login=never ;;
		esac
		curl -sS --ssl-reqd --cacert "$TLS_CA" -m 20 \
			-u "$BED_USER:$BED_PASSWORD" -o "$BED_TMP/got" \
			"${url/PORT/$BED_PORT}"
		cmp "$BED_TMP/wire" "$BED_TMP/got"
		/usr/bin/python3 - "$url" "$BED_PORT" "$TLS_CA" "$BED_USER" \
			"$BED_PASSWORD" "$BED_TMP/wire" <<-'EOT'
			import imaplib, poplib, ssl, sys
			url, port, ca, user, password, want = sys.argv[1:]
			where = ("localhost", int(port))
			tls = ssl.create_default_context(cafile=ca)
			want = open(want, "rb").read()
			if url.startswith("imap"):
			    if url.startswith("imaps"):
			        c = imaplib.IMAP4_SSL(*where, ssl_context=tls)
			    else:
			        c = imaplib.IMAP4(*where)
			        c.starttls(tls)
			    c.login(user, password)
			    c.select(readonly=True)
			    got = c.fetch("1", "(RFC822)")[1][0][1]
			    c.logout()
			else:
			    if url.startswith("pop3s"):
			        c = poplib.POP3_SSL(*where, context=tls)
			    else:
			        c = poplib.POP3(*where)
			        c.stls(tls)
			    c.user(user)
			    c.pass_(password)
			    got = b"\r\n".join(c.retr(1)[1]) + b"\r\n"
			    c.quit()
			assert got == want, got
		EOT
		stop_server "$BED_PID"
	done
}

@test "who is logged in already cannot ask for TLS: one line, status 78" {
	run -78 as_user "$BED_BIN/imapd" --tls=implicit </dev/null
	[[ $output == *"--tls=implicit: "* ]]
	((${#lines[@]} == 1))
	run -78 as_user "$BED_BIN/pop3d" --tls=implicit --preauth </dev/null
	[[ $output == *"--tls=implicit: "* ]]
}

@test "in the accept loop each connection has its own front, the loop no TLS" {
	local loop

	BED_PORT=$(free_port)
	export BED_LOG=$BED_TMP/loop.log
	systemd-socket-activate -l "127.0.0.1:$BED_PORT" "$BED_BIN/imapd" \
		"$(bed_pam imapd)" --tls=implicit "--cert=$BED_TMP/ec.crt" \
		"--key=$BED_TMP/ec.key" </dev/null >"$BED_LOG" 2>&1 3>&- &
	loop=$!
	bed_remember $loop
	wait_for_line "$BED_LOG" '^Listening on'
	for _ in 1 2; do
		tls_talk <<-EOT
			TLS
			S: * OK...
			C: a LOGIN \${user} \${password}
			S: a OK...
			RUN ! grep libssl /proc/$loop/maps
			C: b LOGOUT
			S: * BYE...
			S: b OK...
			EOF
		EOT
	done
	kill -0 $loop
}
