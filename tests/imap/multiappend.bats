# MULTIAPPEND (RFC 3502).

load ../lib/bed

@test "several messages, their own flags and dates, UIDs in order" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...MULTIAPPEND...
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c APPEND INBOX (\Seen) "1-Jan-2020 10:20:30 +0000" {6}
		S: + ...
		C: a: b
		C~  {7+}\r\nc: dd\r\n (\\Draft) {6}\r\n
		S: + ...
		C: e: f
		C:
		S: * 3 EXISTS
		S* c OK [APPENDUID ${v} 1:3] ...
		C: d FETCH 1:3 (FLAGS RFC822.SIZE)
		S: * 1 FETCH (FLAGS (\Seen \Recent) RFC822.SIZE 6)
		S: * 2 FETCH (FLAGS (\Recent) RFC822.SIZE 7)
		S: * 3 FETCH (FLAGS (\Draft \Recent) RFC822.SIZE 6)
		S: d OK...
	EOT
}

@test "one that is refused: none comes in (RFC 3502 6.3.11)" {
	login_imap --max-message=100 <<-'EOT'
		C: a APPEND INBOX {6}
		S: + ...
		C: a: b
		C:  {101}
		S: a NO [TOOBIG] ...
		C: b APPEND INBOX {4+}
		C: a: b {0+}
		C:
		S: b NO...
		C: c APPEND INBOX {4+}
		C: a: b {4+}
		C: a: b (\Bogus) {4+}
		C: a: b {4+}
		C: a: b
		S: c BAD...
		C: d STATUS INBOX (MESSAGES UIDNEXT)
		S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1)
		S: d OK...
	EOT
	[[ -z $(ls -A "$MAILDIR/tmp") ]]
}

@test "a connection that is lost among the messages leaves none of them" {
	login_imap <<-'EOT'
		C: a APPEND INBOX {4}
		S: + ...
		C: a: b {4}
		S: + ...
		C~ a:
		DROP
	EOT
	login_imap <<-'EOT'
		C: a STATUS INBOX (MESSAGES UIDNEXT)
		S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1)
		S: a OK...
	EOT
	[[ -z $(ls -A "$MAILDIR/tmp") ]]
}

@test "a mailbox that is not there: TRYCREATE, and it is not made" {
	login_imap <<-'EOT'
		C: a APPEND nowhere {4+}
		C: a: b {4+}
		C: c: d
		S: a NO [TRYCREATE] ...
		C: b LIST "" *
		S: * LIST ... INBOX
		S: b OK...
	EOT
	[[ ! -e $MAILDIR/.nowhere ]]
}

@test "all messages together must fit the quota, or none comes in" {
	printf '100S,3C\n0 0\n' >"$MAILDIR/maildirsize"
	bed_own "$MAILDIR/maildirsize"
	login_imap <<-'EOT'
		C: a APPEND INBOX {60+}
		C~ a: b\r\n\r\n01234567890123456789012345678901234567890123456789\r\n {60}\r\n
		S: a NO [OVERQUOTA] ...
		C~ b APPEND INBOX {4+}\r\na: b {4+}\r\na: b {4+}\r\na: b {4}\r\n
		S: b NO [OVERQUOTA] ...
		C: c STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: c OK...
		C~ d APPEND INBOX {4+}\r\na: b {4+}\r\na: b {4+}\r\na: b\r\n
		S: d OK [APPENDUID ... 1:3] ...
	EOT
}
