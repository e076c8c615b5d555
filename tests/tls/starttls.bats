#!/usr/bin/env bats
#
# STARTTLS and STLS (RFC 2595, RFC 9051 6.2.1): what is promised before, and
# what is forgotten at the border.

load ../lib/bed
load tls

@test "IMAP: STARTTLS is offered once, and mail comes under it" {
	maildir_put one.eml
	tls_server imapd
	tls_talk <<-'EOT'
		S: * OK [CAPABILITY ... STARTTLS ...] ...
		C: a STARTTLS now
		S: a BAD...
		C: b STARTTLS
		S: b OK...
		TLS
		C: c CAPABILITY
		S: * CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID ${rest}...
		S: c OK...
		C: d STARTTLS
		S: d BAD...
		C: e LOGIN ${user} ${password}
		S: e OK...
		C: f STARTTLS
		S: f BAD...
		C: g EXAMINE INBOX
		S* * 1 EXISTS
		S* g OK...
		C: h FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
		S* Subject: The first message
		S* h OK...
		C: i LOGOUT
		S: * BYE...
		S: i OK...
		EOF
	EOT
	tls_logged "login user=$BED_USER rhost=127.0.0.1 method=imap tls=TLSv1.3"
}

@test "IMAP: no STARTTLS in the capabilities under TLS, nor after login" {
	tls_server imapd
	tls_talk --show >"$BED_TMP/out" <<-'EOT'
		S: * OK...
		C: a STARTTLS
		S: a OK...
		TLS
		C: b CAPABILITY
		S: * CAPABILITY...
		S: b OK...
		C: c LOGIN ${user} ${password}
		S: c OK...
		C: d CAPABILITY
		S: * CAPABILITY...
		S: d OK...
	EOT
	sed '1,/TLS$/d' "$BED_TMP/out" | grep CAPABILITY >"$BED_TMP/caps"
	[[ $(grep -c . "$BED_TMP/caps") -ge 3 ]]
	run -1 grep -E 'STARTTLS|LOGINDISABLED' "$BED_TMP/caps"
}

@test "passwords only under TLS: LOGINDISABLED before and not after" {
	tls_server imapd --plaintext-login=never
	tls_talk <<-'EOT'
		S: * OK [CAPABILITY ... STARTTLS LOGINDISABLED...] ...
		C: a LOGIN ${user} ${password}
		S: a NO [PRIVACYREQUIRED]...
		C: b STARTTLS
		S: b OK...
		TLS
		C: c CAPABILITY
		S: * CAPABILITY ... AUTH=PLAIN...
		S: c OK...
		C: d LOGIN ${user} ${password}
		S: d OK...
	EOT
	tls_server pop3d --plaintext-login=never
	tls_talk <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: -ERR [AUTH]...
		C: STLS
		S: +OK...
		TLS
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
}

@test "by default that holds for clients that are not local" {
	tls_server imapd --proxy-protocol
	tls_talk <<-'EOT'
		C: PROXY TCP4 192.0.2.7 192.0.2.1 40000 143
		S: * OK [CAPABILITY ... STARTTLS LOGINDISABLED...] ...
		C: a STARTTLS
		S: a OK...
		TLS
		C: b LOGIN ${user} ${password}
		S: b OK...
	EOT
	tls_logged "login user=$BED_USER rhost=192.0.2.7 method=imap tls=TLSv1.3"
	tls_server imapd --proxy-protocol --plaintext-login=always
	tls_talk <<-'EOT'
		C: PROXY TCP4 192.0.2.7 192.0.2.1 40000 143
		S: * OK [CAPABILITY ... STARTTLS AUTH=PLAIN...] ...
	EOT
}

@test "without TLS configured such a client cannot log in at all" {
	start_server imapd --proxy-protocol
	tls_talk <<-'EOT'
		C: PROXY TCP4 192.0.2.7 192.0.2.1 40000 143
		S: * OK [CAPABILITY ... LOGINDISABLED...] ...
		C: a STARTTLS
		S: a NO...
	EOT
}

# RFC 9051 11.1: somebody on the way can put commands behind the client's own
# STARTTLS; obeyed under TLS they would be the client's.  TLS fails here when
# the server says anything before it, and the NOOP is out of step when it says
# anything after.
@test "IMAP: what is sent behind STARTTLS is neither obeyed nor answered" {
	local behind

	tls_server imapd
	# shellcheck disable=SC2016
	for behind in 'b NOOP\r\n' \
		'b LOGIN ${user} ${password}\r\nc SELECT INBOX\r\n' \
		'b LOGIN {3}\r\n' 'b LOGIN {3+}\r\nabc' 'b NO' '\r\n\r\n' \
		'b STARTTLS\r\nb STARTTLS\r\n'; do
		tls_talk <<-EOT
			S: * OK...
			C~ a STARTTLS\r\n$behind
			S: a OK...
			TLS
			C: d NOOP
			S: d OK...
			C: e SELECT INBOX
			S: e BAD...
		EOT
	done
	run -1 grep 'login user=' "$BED_LOG"
}

@test "POP3: the same, and the name given before is forgotten" {
	tls_server pop3d
	tls_talk <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C~ STLS\r\nUSER ${user}\r\nPASS ${password}\r\nSTAT\r\n
		S: +OK...
		TLS
		C: PASS ${password}
		S: -ERR...
		C: QUIT
		S: +OK...
		EOF
	EOT
	run -1 grep 'login user=' "$BED_LOG"
}

@test "a handshake that is none ends the connection, with a line in the log" {
	tls_server imapd
	run -1 tls_talk <<-'EOT'
		S: * OK...
		C: a STARTTLS
		S: a OK...
		C: b NOOP
		S: b OK...
	EOT
	tls_logged 'tls-failed rhost=127.0.0.1 reason="?[a-z]'
	wait_for_line "$BED_LOG" 'died with code 0'
	run -1 grep 'code [1-9]' "$BED_LOG"
}

@test "so does one that does not begin, after the time to log in" {
	tls_server imapd --login-timeout=1
	tls_talk <<-'EOT'
		S: * OK...
		C: a STARTTLS
		S: a OK...
		EOF
	EOT
	tls_logged 'tls-failed rhost=127.0.0.1 reason=timeout'
	wait_for_line "$BED_LOG" 'died with code 0'
}

@test "a client that leaves in between is no event but that line" {
	tls_server pop3d
	tls_talk <<-'EOT'
		S: +OK...
		C: STLS
		S: +OK...
		DROP
	EOT
	tls_logged 'tls-failed rhost=127.0.0.1 reason='
	wait_for_line "$BED_LOG" 'died with code 0'
}

@test "three wrong passwords end it under TLS too, in step" {
	tls_server pop3d
	tls_talk --deadline 20 <<-'EOT'
		S: +OK...
		C: STLS
		S: +OK...
		TLS
		C: USER ${user}
		S: +OK...
		C: PASS one
		S: -ERR [AUTH]...
		C: USER ${user}
		S: +OK...
		C: PASS two
		S: -ERR [AUTH]...
		C: USER ${user}
		S: +OK...
		C: PASS three
		S: -ERR [AUTH]...
		EOF
	EOT
}

@test "through a pipe of root STARTTLS works as on a socket" {
	local via

	for via in pipe unix; do
		bed_talk --via $via --ca "$TLS_CA" -- "$BED_BIN/imapd" \
			"$(bed_pam imapd)" "--cert=$BED_TMP/rsa.crt" \
			"--key=$BED_TMP/rsa.key" <<-'EOT'
			S: * OK...
			C: a STARTTLS
			S: a OK...
			TLS
			C: b LOGIN ${user} ${password}
			S: b OK...
			C: c LOGOUT
			S: * BYE...
			S: c OK...
			EOF
		EOT
	done
}
