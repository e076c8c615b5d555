# What a client sees before it is logged in.

load ../lib/bed

setup() {
	bed_setup
	bed_pass
}

# The words of the transcripts that the shell must not touch.
bed_pass() {
	TALK_EXTRA=(-D "plain=$(printf '\0%s\0%s' "$BED_USER" \
		"$BED_PASSWORD" | base64 -w0)"
		-D "wrong=$(printf '\0%s\0no' "$BED_USER" | base64 -w0)")
}

@test "the greeting and CAPABILITY say the same, with AUTH=PLAIN on a pipe" {
	imap <<-'EOT'
		S: * OK [CAPABILITY IMAP4rev1 ...AUTH=PLAIN...] ...
		C: a CAPABILITY
		S: * CAPABILITY IMAP4rev1 ...AUTH=PLAIN...
		S: a OK...
		C: b LOGOUT
		S: * BYE...
		S: b OK...
		EOF
	EOT
}

@test "LOGIN, with a domain, by atoms, quoted, as literals" {
	imap <<-'EOT'
		S: * OK...
		C: 1 LOGIN ${user}@domain ${password}
		S: 1 OK [CAPABILITY IMAP4rev1 ...] Logged in...
		C: 2 LOGOUT
		S: * BYE...
		S: 2 OK...
		EOF
	EOT
	imap <<-'EOT'
		S: * OK...
		C: 1 login "${user}" "${password}"
		S: 1 OK...
	EOT
	imap <<-'EOT'
		S: * OK...
		C: 1 LOGIN "${user}" {12}
		S: + ...
		C: ${password}
		S: 1 OK...
	EOT
	imap <<-'EOT'
		S: * OK...
		C: 1 LOGIN ${user} {12+}
		C: ${password}
		S: 1 OK...
	EOT
}

@test "after LOGIN the capabilities have no AUTH=, STARTTLS or LOGINDISABLED" {
	rm -f "$BED_TMP"/raw/*
	imap <<-'EOT'
		S: * OK...
		C: 1 LOGIN ${user} ${password}
		S: 1 OK [CAPABILITY IMAP4rev1 ...LITERAL+ SASL-IR ID ENABLE ...UNSELECT ...] ...
	EOT
	run -1 grep -aE '^1 OK.*(AUTH=|STARTTLS|LOGINDISABLED)' "$BED_TMP"/raw/*
}

@test "what is sent behind LOGIN without waiting is answered" {
	imap <<-'EOT'
		S: * OK...
		C~ 1 LOGIN ${user} ${password}\r\n2 SELECT INBOX\r\n3 NOOP\r\n
		S: 1 OK...
		S* 2 OK...
		S: 3 OK...
	EOT
}

@test "AUTHENTICATE PLAIN with and without an initial response" {
	imap <<-'EOT'
		S: * OK...
		C: a authenticate plain ${plain}
		S: a OK [CAPABILITY ...
	EOT
	imap <<-'EOT'
		S: * OK...
		C: a AUTHENTICATE PLAIN
		S~ + \r\n
		C: ${plain}
		S: a OK...
	EOT
}

@test "AUTHENTICATE can be cancelled, and refuses what it does not know" {
	imap <<-'EOT'
		S: * OK...
		C: a AUTHENTICATE PLAIN
		S: + 
		C: *
		S: a BAD...
		C: b AUTHENTICATE PLAIN !
		S: b BAD...
		C: c AUTHENTICATE PLAIN =
		S: c NO...
		C: d AUTHENTICATE CRAM-MD5
		S: d NO...
		C: e LOGIN ${user} ${password}
		S: e OK...
	EOT
}

@test "unknown user and wrong password get the same answer; the third ends" {
	imap <<-'EOT'
		S: * OK...
		C: a LOGIN ${user} wrong
		S: a NO [AUTHENTICATIONFAILED] Login failed
		C: b LOGIN nobody-of-that-name wrong
		S: b NO [AUTHENTICATIONFAILED] Login failed
		C: c AUTHENTICATE PLAIN ${wrong}
		S: c NO [AUTHENTICATIONFAILED] Login failed
		S* * BYE...
		EOF
	EOT
}

@test "passwords of odd characters" {
	need_root "users"
	local n=0 password

	for password in 'a"b\c' '{12}' '50%' 'p w  ' $'\xc3\xa4'; do
		n=$((n + 1))
		make_user "$BED_USER$n" "$password"
		password=${password//\\/\\\\}
		# shellcheck disable=SC2034
		TALK_EXTRA=(-D "quoted=${password//\"/\\\"}" -D "who=$BED_USER$n")
		imap <<-'EOT'
			S: * OK...
			C: a LOGIN ${who} "${quoted}"
			S: a OK...
		EOT
	done
}

@test "what needs a login is refused, with its tag" {
	imap <<-'EOT'
		S: * OK...
		C: a SELECT INBOX
		S: a BAD...
		C: b LIST "" *
		S: b BAD...
		C: c FETCH 1 FLAGS
		S: c BAD...
		C: d ENABLE X
		S: d BAD...
	EOT
}

@test "LOGIN is refused where a password would be seen" {
	VIA=socket imap --plaintext-login=never <<-'EOT'
		S: * OK [CAPABILITY ...LOGINDISABLED...] ...
		C: a LOGIN ${user} ${password}
		S: a NO [PRIVACYREQUIRED]...
		C: b AUTHENTICATE PLAIN ${plain}
		S: b NO [PRIVACYREQUIRED]...
	EOT
}

@test "before login a command has 64 KiB, and {n+} beyond is swallowed" {
	head -c 70000 /dev/zero | tr '\0' x >"$BED_TMP/long"
	imap <<-EOT
		S: * OK...
		C: a LOGIN {70000}
		S: a BAD...
		C: b LOGIN {70000+}
		C< $BED_TMP/long
		C:  x
		S: b BAD...
		C~ c NOOP 
		C< $BED_TMP/long
		C: x
		S: c BAD...
		C: d NOOP
		S: d OK...
	EOT
}

@test "a preauthenticated session refuses LOGIN, AUTHENTICATE and STARTTLS" {
	VIA=pipe login_imap <<-'EOT'
		C: a LOGIN x y
		S: a BAD...
		C: b AUTHENTICATE PLAIN
		S: b BAD...
		C: c STARTTLS
		S: c BAD...
		C: d NOOP
		S: d OK...
	EOT
}

@test "PREAUTH names the user" {
	need_root
	bed_talk --via pipe -- "$BED_BIN/imapd" "--user=$BED_USER" <<-'EOT'
		S: * PREAUTH [CAPABILITY IMAP4rev1 ...] ...${user}
	EOT
}

@test "ID answers before and after login, and is logged" {
	imap <<-'EOT'
		S: * OK...
		C: a ID ("name" "Some Client" "version" NIL)
		S: * ID ("name" "stdmail" ...)
		S: a OK...
		C: b ID NIL
		S: * ID (...)
		S: b OK...
		C: c ID ()
		S: * ID (...)
		S: c OK...
		C: d ID ("name")
		S: d BAD...
		C: e LOGIN ${user} ${password}
		S: e OK...
		C: f ID ("event" "indexer")
		S: * ID (...)
		S: f OK...
	EOT
}
