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
