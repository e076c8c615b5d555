# BINARY (RFC 3516): content without its transfer encoding, and literal8.

load ../lib/bed

setup() {
	bed_setup
	printf '%s\n' 'Subject: b' 'MIME-Version: 1.0' \
		'Content-Type: multipart/mixed; boundary=x' '' '--x' \
		'Content-Transfer-Encoding: base64' '' 'AAEC/w==' '--x' \
		'Content-Transfer-Encoding: quoted-printable' '' \
		'caf=C3=A9 =' 'soft' 'a=0Ab' '--x' '' 'plain' 'text' '--x' \
		'Content-Transfer-Encoding: x-nonsense' '' 'zzz' '--x--' \
		>"$BED_TMP/parts.eml"
	maildir_put -f - "$BED_TMP/parts.eml"
}

@test "parts are decoded, sizes agree, NUL needs a literal8 (RFC 3516 4.3)" {
	login_imap <<-'EOT'
		C: 0 CAPABILITY
		S: * CAPABILITY ...BINARY...
		S: 0 OK...
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1 (BINARY.SIZE[1] BINARY[1])
		S~ * 1 FETCH (BINARY.SIZE[1] 4 BINARY[1] ~{4}\r\n\0\x01\x02\xff)\r\n
		S: b OK...
		C: c FETCH 1 (BINARY.PEEK[2] BINARY.SIZE[2])
		S~ * 1 FETCH (BINARY[2] {15}\r\ncaf\xc3\xa9 soft\r\na\nb BINARY.SIZE[2] 15)\r\n
		S: c OK...
		C: d FETCH 1 (BINARY[3] BINARY.SIZE[3])
		S~ * 1 FETCH (BINARY[3] {11}\r\nplain\r\ntext BINARY.SIZE[3] 11)\r\n
		S: d OK...
		C: e FETCH 1 (BINARY.PEEK[2]<3.4> BINARY.PEEK[2]<99.4>)
		S~ * 1 FETCH (BINARY[2]<3> {4}\r\n\xc3\xa9 s BINARY[2]<99> {0}\r\n)\r\n
		S: e OK...
		C: f FETCH 1 (BINARY[9] BINARY.SIZE[9])
		S: * 1 FETCH (BINARY[9] NIL BINARY.SIZE[9] 0)
		S: f OK...
	EOT
}

@test "an encoding that is not known: UNKNOWN-CTE (RFC 3516 4.3)" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 BINARY[4]
		S: b NO [UNKNOWN-CTE] ...
		C: c FETCH 1 BINARY.SIZE[4]
		S: c NO [UNKNOWN-CTE] ...
		C: d FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS ())
		S: d OK...
	EOT
}

@test "BINARY sets \\Seen, PEEK and SIZE do not; the whole message; syntax" {
	local n
	n=$(wire "$BED_TMP/parts.eml" | wc -c)
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 (BINARY.SIZE[] BINARY.PEEK[]<0.7>)
		S: * 1 FETCH (BINARY.SIZE[] $n BINARY[]<0> {7}
		S: Subject)
		S: b OK...
		C: c FETCH 1 (FLAGS BINARY[3])
		S: * 1 FETCH (FLAGS (\\Seen) BINARY[3] {11}
		S: plain
		S: text)
		S: c OK...
		C: d FETCH 1 BINARY
		S: d BAD...
		C: e FETCH 1 BINARY[TEXT]
		S: e BAD...
		C: f FETCH 1 BINARY[1.MIME]
		S: f BAD...
		C: g FETCH 1 BINARY.SIZE[1]<0.1>
		S: g BAD...
	EOT
}

@test "APPEND of a literal8: kept unless it has what no file can keep (RFC 3516 4.4)" {
	login_imap <<-'EOT'
		C: a APPEND INBOX ~{15}
		S: + ...
		C~ Subject: x\r\n\r\n\xe4\r\n
		S: a OK [APPENDUID ...
		C: b APPEND INBOX (\Seen) ~{6+}
		C~ x:y\r\0\n\r\n
		S: b NO [UNKNOWN-CTE] ...
		C: c APPEND INBOX ~{7}
		S: + ...
		C~ x:y\nz\r\n\r\n
		S: c NO [UNKNOWN-CTE] ...
		C: d STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 2)
		S: d OK...
	EOT
}
