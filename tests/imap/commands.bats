# Tags, literals, mistakes: how commands are read.

load ../lib/bed

@test "tags are the client's own, words may be in lower case" {
	login_imap <<-'EOT'
		C: A.1-x] noop
		S: A.1-x] OK...
		C: 4 Noop
		S: 4 OK...
		C: b uid fetch 1 flags
		S: b BAD...
	EOT
}

@test "illegal tags get an untagged BAD" {
	login_imap <<-'EOT'
		C: + NOOP
		S: * BAD...
		C: * NOOP
		S: * BAD...
		C: (a NOOP
		S: * BAD...
		C:
		S: * BAD...
		C: a NOOP
		S: a OK...
	EOT
}

@test "unknown commands and wrong arguments get BAD with their tag" {
	login_imap <<-'EOT'
		C: a FROBNICATE
		S: a BAD...
		C: b NOOP now
		S: b BAD...
		C: c SELECT
		S: c BAD...
		C: d UID NOOP
		S: d BAD...
		C: e UID
		S: e BAD...
		C: f
		S: f BAD...
		C: g NOOP
		S: g OK...
	EOT
}

@test "ten mistakes in a row end the session, one right command forgives" {
	login_imap <<-'EOT'
		C~ 1 X\r\n2 X\r\n3 X\r\n4 X\r\n5 X\r\n6 X\r\n7 X\r\n8 X\r\n9 X\r\n
		S* 9 BAD...
		C: a NOOP
		S: a OK...
		C~ 1 X\r\n2 X\r\n3 X\r\n4 X\r\n5 X\r\n6 X\r\n7 X\r\n8 X\r\n9 X\r\n
		S* 9 BAD...
		C: b X
		S: b BAD...
		S: * BYE...
		EOF
	EOT
}

@test "mailbox names as literals, waiting and not" {
	login_imap <<-'EOT'
		C: a STATUS {5}
		S: + ...
		C: inbox (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: a OK...
		C: b STATUS {5+}
		C: INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: b OK...
		C: c STATUS {0}
		S: + ...
		C:  (MESSAGES)
		S: c NO...
	EOT
}

@test "strings without number in one command do not end the session" {
	{
		printf 'C: a ID ('
		printf '"a" "b" %.0s' {1..8000}
		printf '"c" "d")\nS: * ID...\nS: a OK...\n'
		printf 'C: b SETMETADATA INBOX ('
		printf '/private/x%d "v" ' {1..40000}
		printf '/private/y "v")\nS: b BAD...\n'
		printf 'C: c LIST "" ('
		printf '* %.0s' {1..101}
		printf '*)\nS: c BAD...\nC: d NOOP\nS: d OK...\n'
	} >"$BED_TMP/script"
	login_imap <"$BED_TMP/script"
}

@test "literals that are refused leave the connection in step" {
	login_imap <<-'EOT'
		C: a FOO {8+}
		C: b LOGOUT {2+}
		C: xy
		S: a BAD...
		C: c FOO {8}
		S: c BAD...
		C: d STATUS {4000000}
		S: d BAD...
		C: e STATUS {18446744073709551616}
		S: e BAD...
		C: f STATUS {3} x
		S: f BAD...
		C: g NOOP
		S: g OK...
	EOT
}

@test "fifty commands in one piece, and one octet at a time" {
	local n script=''

	for n in {1..50}; do
		script+="$n NOOP\\r\\n"
	done
	{
		echo "C~ $script"
		for n in {1..50}; do
			echo "S: $n OK..."
		done
	} | login_imap
	script='a STATUS INBOX (MESSAGES)'
	{
		while [[ -n $script ]]; do
			echo "C~ ${script:0:1}"
			echo "RUN true"
			script=${script:1}
		done
		echo 'C~ \r'
		echo 'C~ \n'
		echo 'S: * STATUS INBOX (MESSAGES 0)'
		echo 'S: a OK...'
	} | sed 's/^C~  $/C~ \\x20/' | login_imap
}

@test "2,000 commands before the first answer is read" {
	local n

	maildir_put one.eml
	{
		echo 'C: a SELECT INBOX'
		for n in {1..2000}; do
			echo "C: $n UID STORE 1 +FLAGS (\\Flagged)"
		done
		echo 'S* 2000 OK...'
	} | login_imap
}

@test "LOGOUT: BYE, then OK, then the end" {
	login_imap <<-'EOT'
		C: 2 LOGOUT
		S: * BYE...
		S: 2 OK...
		EOF
	EOT
}

@test "a client that is silent too long is told BYE" {
	login_imap --idle-timeout=1 <<-'EOT'
		S: * BYE ...
		EOF
	EOT
}

@test "SIGTERM: BYE, then the end" {
	login_imap <<-'EOT'
		C: a NOOP
		S: a OK...
		RUN kill "$(pgrep -n -u "$BED_USER" imapd)"
		S: * BYE ...
		EOF
	EOT
}

@test "a client that goes away in the middle of a literal is no error" {
	login_imap <<-'EOT'
		C: a STATUS {100}
		S: + ...
		C~ abc
		CLOSE
		EOF
	EOT
}

@test "ENABLE of what is unknown is OK (RFC 5161 3.1)" {
	login_imap <<-'EOT'
		C: a ENABLE X-FOO
		S: * ENABLED
		S: a OK...
		C: b ENABLE
		S: b BAD...
	EOT
}

@test "NAMESPACE: one, with the separator (RFC 2342)" {
	login_imap <<-'EOT'
		C: a NAMESPACE
		S: * NAMESPACE (("" "/")) NIL NIL
		S: a OK...
	EOT
	login_imap --separator=. --prefix=INBOX. <<-'EOT'
		C: a NAMESPACE
		S: * NAMESPACE (("INBOX." ".")) NIL NIL
		S: a OK...
	EOT
}
