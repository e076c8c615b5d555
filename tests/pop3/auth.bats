# AUTH PLAIN (RFC 5034, RFC 4616).

load ../lib/bed

# Defines ${good}, ${bad} and ${other} for transcripts.
setup() {
	need_root "a login through PAM"
	bed_setup
	# shellcheck disable=SC2034 # bed's functions read it
	TALK_EXTRA=(
		-D "good=$(plain '' "$BED_USER" "$BED_PASSWORD")"
		-D "bad=$(plain '' "$BED_USER" wrong)"
		-D "same=$(plain "$BED_USER" "$BED_USER" "$BED_PASSWORD")"
		-D "other=$(plain root "$BED_USER" "$BED_PASSWORD")"
	)
}

plain() {
	printf '%s\0%s\0%s' "$@" | base64 -w 0
}

@test "AUTH PLAIN with an initial response logs in" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN ${good}
		S: +OK ${user} has 0 messages
		C: STAT
		S: +OK 0 0
	EOT
}

@test "without one it asks with a plus and a blank, and nothing more" {
	pop3 <<-'EOT'
		S: +OK...
		C: auth plain
		S~ + \r\n
		C: ${good}
		S: +OK ${user} has 0 messages
	EOT
}

@test "a star takes it back" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN
		S~ + \r\n
		C: *
		S: -ERR...
		C: AUTH PLAIN ${good}
		S: +OK...
	EOT
}

@test "an equals sign is an empty response, which is no login" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN =
		S: -ERR [AUTH]...
		C: AUTH PLAIN
		S~ + \r\n
		C:
		S: -ERR [AUTH]...
	EOT
}

@test "what is not base64 is refused, wherever the pad stands" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN =AAA
		S: -ERR...
		C: AUTH PLAIN AAA=BBB=
		S: -ERR...
		C: AUTH PLAIN A!AA
		S: -ERR...
		C: AUTH PLAIN
		S~ + \r\n
		C: not base64
		S: -ERR...
		C: AUTH PLAIN ${good}
		S: +OK...
	EOT
}

@test "a wrong password is [AUTH], and the next try may be right" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN ${bad}
		S: -ERR [AUTH] login failed
		C: AUTH PLAIN ${same}
		S: +OK...
	EOT
}

@test "nobody acts for another: an authorization id of somebody else fails" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH PLAIN ${other}
		S: -ERR [AUTH] login failed
	EOT
}

@test "an unknown mechanism is refused, a bare AUTH lists ours" {
	pop3 <<-'EOT'
		S: +OK...
		C: AUTH CRAM-MD5
		S: -ERR...
		C: AUTH
		S: +OK...
		S: PLAIN
		S: .
	EOT
}

@test "a response too long is refused, and the connection stays in step" {
	printf '%070000d\r\n' 0 >"$BED_TMP/long"
	pop3 <<-EOT
		S: +OK...
		C: AUTH PLAIN
		S~ + \r\n
		C< $BED_TMP/long
		S: -ERR...
		C: AUTH PLAIN \${good}
		S: +OK...
	EOT
}
