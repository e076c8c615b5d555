# CAPA (RFC 2449 5), LANG and UTF8 (RFC 6856).

load ../lib/bed

CAPA='S+ TOP
S+ UIDL
S+ RESP-CODES
S+ AUTH-RESP-CODE
S+ PIPELINING
S+ EXPIRE NEVER
S+ UTF8
S+ LANG
S+ IMPLEMENTATION ...'

@test "CAPA says the same before and after login (RFC 2449 5)" {
	pop3 <<-EOT
		S: +OK...
		C: CAPA
		S: +OK...
		$CAPA
		S+ USER
		S+ SASL PLAIN
		S: .
		C: USER \${user}
		S: +OK...
		C: PASS \${password}
		S: +OK...
		C: capa
		S: +OK...
		$CAPA
		S+ USER
		S+ SASL PLAIN
		S: .
	EOT
}

@test "where passwords must not be sent, none are offered" {
	pop3 --plaintext-login=never <<-EOT
		S: +OK...
		C: CAPA
		S: +OK...
		$CAPA
		S: .
	EOT
}

@test "LANG lists the language, takes it, and refuses others" {
	login_pop3 <<-'EOT'
		C: LANG
		S: +OK...
		S: en ...
		S: .
		C: LANG EN
		S: +OK en ...
		C: LANG en-GB
		S: +OK en ...
		C: LANG *
		S: +OK en ...
		C: LANG mul
		S: -ERR...
	EOT
}

@test "LANG and UTF8 are there before login" {
	pop3 <<-'EOT'
		S: +OK...
		C: LANG en
		S: +OK en ...
		C: UTF8
		S: +OK...
		C: UTF8 now
		S: -ERR...
		C: USER ${user}
		S: +OK...
	EOT
}

@test "mail with UTF-8 in its header comes as it is (RFC 6856 2.1)" {
	maildir_put utf8.eml
	wire "$BED_MAIL/utf8.eml" >"$BED_TMP/wire"
	login_pop3 <<-EOT
		C: RETR 1
		S: +OK...
		S< $BED_TMP/wire
		S: .
	EOT
}
