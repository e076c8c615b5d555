# Before login: what a stranger sees, and how one gets in.

load ../lib/bed

setup_file() {
	bed_setup_file
	if bed_root; then
		ODD=odd${BED_USER#bed}
		export ODD
		make_user "$ODD" $' a "b  c {7} \303\251\\% ' "$BED_TMP/odd"
	fi
}

@test "the greeting comes at once and offers no APOP" {
	DEADLINE=2 pop3 <<-'EOT'
		S: +OK ${a} ${b}
		C: QUIT
		S: +OK...
		EOF
	EOT
}

@test "USER says +OK to anyone; unknown user and wrong password look alike" {
	pop3 <<-'EOT'
		S: +OK...
		C: USER nobody-of-that-name
		S: +OK now the password
		C: PASS wrong
		S: -ERR [AUTH] login failed
		C: USER ${user}
		S: +OK now the password
		C: PASS wrong
		S: -ERR [AUTH] login failed
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK ${user} has 0 messages
		C: QUIT
		S: +OK...
	EOT
}

@test "the name may have a domain, and is told back as it was spelled" {
	pop3 <<-'EOT'
		S: +OK...
		C: user ${user}@example.org
		S: +OK...
		C: pass ${password}
		S: +OK ${user}@example.org has 0 messages
	EOT
}

@test "a password is the whole rest of the line: blanks, quotes, UTF-8" {
	need_root "a user of its own"
	# shellcheck disable=SC2034 # bed's functions read it
	TALK_EXTRA=(-D "odd=$ODD")
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${odd}
		S: +OK...
		C~ PASS  a "b  c {7} \xc3\xa9\\% \r\n
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${odd}
		S: +OK...
		C~ PASS  a "b  c {7} \xc3\xa9\\%\r\n
		S: -ERR [AUTH]...
	EOT
}

@test "PASS needs a USER just before it" {
	pop3 <<-'EOT'
		S: +OK...
		C: PASS ${password}
		S: -ERR...
		C: USER
		S: -ERR...
		C: USER ${user}
		S: +OK...
		C: PASS wrong
		S: -ERR [AUTH]...
		C: PASS ${password}
		S: -ERR...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
}

@test "a NUL in name or password is no login" {
	pop3 <<-'EOT'
		S: +OK...
		C~ USER ${user}\0x\r\n
		S: +OK...
		C: PASS ${password}
		S: -ERR [AUTH]...
		C: USER ${user}
		S: +OK...
		C~ PASS Open-Sesame7\0\r\n
		S: -ERR [AUTH]...
	EOT
}

@test "the third failed login ends the connection" {
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS 1
		S: -ERR [AUTH]...
		C: USER ${user}
		S: +OK...
		C: PASS 2
		S: -ERR [AUTH]...
		C: USER ${user}
		S: +OK...
		C: PASS 3
		S: -ERR [AUTH]...
		EOF
	EOT
}

@test "commands of the session are refused before login, which goes on" {
	pop3 <<-'EOT'
		S: +OK...
		C: STAT
		S: -ERR...
		C: NOOP
		S: -ERR...
		C: RSET
		S: -ERR...
		C: RETR 1
		S: -ERR...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: USER ${user}
		S: -ERR...
		C: AUTH PLAIN
		S: -ERR...
		C: STLS
		S: -ERR...
		C: UTF8
		S: -ERR...
		C: STAT
		S: +OK 0 0
	EOT
}

@test "ten bad commands in a row end it, nine and a good one do not" {
	pop3 <<-'EOT'
		S: +OK...
		C~ A\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\nH\r\nI\r\nCAPA\r\n
		S* .
		C~ A\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\nH\r\nI\r\nGET / HTTP/1.1\r\n
		S* -ERR too many bad commands
		EOF
	EOT
}

@test "a line of 512 octets is taken, one of 70,000 is refused, both in step" {
	printf 'PASS %0505d\r\n' 0 >"$BED_TMP/long"
	printf 'USER %070000d\r\n' 0 >"$BED_TMP/longer"
	pop3 <<-EOT
		S: +OK...
		C: USER \${user}
		S: +OK...
		C< $BED_TMP/long
		S: -ERR [AUTH]...
		C< $BED_TMP/longer
		S: -ERR...
		C: USER \${user}
		S: +OK...
		C: PASS \${password}
		S: +OK...
	EOT
}

@test "what is sent ahead of the login's answer is served after it" {
	maildir_put one.eml
	pop3 <<-'EOT'
		C~ USER ${user}\r\nPASS Open-Sesame7\r\nSTAT\r\nLIST 1\r\nQUIT\r\n
		S: +OK...
		S: +OK...
		S: +OK ${user} has 1 messages
		S: +OK 1 220
		S: +OK 1 220
		S: +OK...
		EOF
	EOT
}

@test "QUIT before login removes nothing" {
	maildir_put -f T one.eml
	pop3 <<-'EOT'
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "where passwords must not be sent, USER is refused already" {
	pop3 --plaintext-login=never <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: -ERR [AUTH]...
		C: PASS ${password}
		S: -ERR [AUTH]...
		C: AUTH PLAIN
		S: -ERR [AUTH]...
		C: AUTH PLAIN AHgAeA==
		S: -ERR [AUTH]...
		C: AUTH
		S: +OK...
		S: .
	EOT
}

@test "silence before login ends without a word" {
	pop3 --login-timeout=1 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		EOF
	EOT
}

@test "mail that cannot be opened: [SYS/PERM] and the end" {
	need_root "a login through PAM"
	rm -r "$MAILDIR"
	touch "$MAILDIR"
	bed_own "$MAILDIR"
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: -ERR [SYS/PERM]...
		EOF
	EOT
}

@test "a user without a Maildir gets an empty one" {
	need_root "a login through PAM"
	rm -r "$MAILDIR"
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK ${user} has 0 messages
		C: QUIT
		S: +OK...
	EOT
	[[ -d $MAILDIR/new && -d $MAILDIR/cur && -d $MAILDIR/tmp ]]
}
