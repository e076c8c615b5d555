# STLS (RFC 2595 4) and TLS from the first octet.

load ../lib/bed

setup_file() {
	bed_setup_file
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=localhost -keyout "$BED_TMP/tls.key" \
		-out "$BED_TMP/tls.crt" 2>/dev/null || :
}

setup() {
	need_root "a login through PAM"
	need openssl
	bed_setup
	TLS=("--cert=$BED_TMP/tls.crt" "--key=$BED_TMP/tls.key")
}

# under_tls [OPTION of s_client...] <transcript under TLS
under_tls() {
	bed_talk --via pipe -- openssl s_client -quiet \
		-connect "127.0.0.1:$BED_PORT" -CAfile "$BED_TMP/tls.crt" \
		-verify_return_error "$@"
}

@test "STLS is offered before login, and no more once TLS is on" {
	VIA=socket pop3 "${TLS[@]}" <<-'EOT'
		S: +OK...
		C: CAPA
		S* STLS
		S* .
		C: STLS now
		S: -ERR...
	EOT
	start_server pop3d "${TLS[@]}"
	under_tls -starttls pop3 <<-'EOT'
		C: CAPA
		S: +OK...
		S: TOP
		S: UIDL
		S: RESP-CODES
		S: AUTH-RESP-CODE
		S: PIPELINING
		S: EXPIRE NEVER
		S: UTF8
		S: LANG
		S: USER
		S: SASL PLAIN
		S: IMPLEMENTATION ...
		S: .
		C: STLS
		S: -ERR...
		C: QUIT
		S: +OK...
		EOF
	EOT
}

@test "without a certificate STLS is not there" {
	VIA=socket pop3 --tls=off <<-'EOT'
		S: +OK...
		C: STLS
		S: -ERR...
		C: USER ${user}
		S: +OK...
	EOT
}

@test "where passwords need TLS, STLS brings USER, and mail comes under it" {
	maildir_put three.eml
	wire "$BED_MAIL/three.eml" >"$BED_TMP/wire"
	start_server pop3d "${TLS[@]}" --plaintext-login=never
	under_tls -starttls pop3 <<-EOT
		C: USER \${user}
		S: +OK...
		C: PASS \${password}
		S: +OK \${user} has 1 messages
		C: RETR 1
		S: +OK...
		S< $BED_TMP/wire
		S: .
		C: STLS
		S: -ERR...
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	[[ $(maildir_count) == 0 ]]
}

@test "what is sent in the clear behind STLS is thrown away, with the name" {
	start_server pop3d "${TLS[@]}"
	run /usr/bin/python3 - "$BED_PORT" "$BED_USER" <<-'EOT'
		import socket, ssl, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
		s.settimeout(10)
		f = s.makefile("rb", buffering=0)
		assert f.readline().startswith(b"+OK")
		s.sendall(b"USER " + sys.argv[2].encode() + b"\r\n")
		assert f.readline().startswith(b"+OK")
		s.sendall(b"STLS\r\nCAPA\r\nUSER injected\r\n")
		assert f.readline().startswith(b"+OK")
		context = ssl.create_default_context()
		context.check_hostname = False
		context.verify_mode = ssl.CERT_NONE
		try:
		    t = context.wrap_socket(s)
		except (ssl.SSLError, ConnectionError, socket.timeout) as e:
		    print("no TLS:", e)
		    sys.exit(0)
		t.sendall(b"PASS Open-Sesame7\r\nQUIT\r\n")
		f = t.makefile("rb")
		first, second = f.readline(), f.readline()
		assert first.startswith(b"-ERR"), first
		assert second == b"+OK bye\r\n", second
		print("in step")
	EOT
	echo "$output"
	((status == 0))
}

@test "TLS from the first octet: the greeting comes under it" {
	start_server pop3d "${TLS[@]}" --tls=implicit
	under_tls <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: STAT
		S: +OK 0 0
		C: QUIT
		S: +OK...
		EOF
	EOT
}
