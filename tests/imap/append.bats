# APPEND: messages that clients put into mailboxes (RFC 3501 6.3.11).

load ../lib/bed

@test "flags and date in every combination" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b APPEND INBOX {12}
		S: + ...
		C: Subject: 1
		C:
		S: * 1 EXISTS
		S: * 1 RECENT
		S: b OK [APPENDUID ${v} 1] ...
		C: c APPEND INBOX (\Seen $Work) {12}
		S: + ...
		C: Subject: 2
		C:
		S: * 2 EXISTS
		S* c OK [APPENDUID ${v} 2] ...
		C: d APPEND inbox " 1-Jan-2020 10:20:30 +0000" {12}
		S: + ...
		C: Subject: 3
		C:
		S* d OK [APPENDUID ${v} 3] ...
		C: e APPEND "INBOX" (\Draft \flagged) "17-Jul-1996 02:44:25 -0700" {12}
		S: + ...
		C: Subject: 4
		C:
		S* e OK [APPENDUID ${v} 4] ...
		C: f APPEND INBOX () "1-Jan-2020 10:20:30 +0000" {12}
		S: + ...
		C: Subject: 5
		C:
		S* f OK...
		C: g FETCH 1:5 (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])
		S: * 1 FETCH (FLAGS (\Recent) BODY[...] {14}
		S: Subject: 1
		S:
		S: )
		S: * 2 FETCH (FLAGS (\Seen \Recent $Work) BODY[...] {14}
		S: Subject: 2
		S:
		S: )
		S: * 3 FETCH (FLAGS (\Recent) BODY[...] {14}
		S: Subject: 3
		S:
		S: )
		S: * 4 FETCH (FLAGS (\Flagged \Draft \Recent) BODY[...] {14}
		S: Subject: 4
		S:
		S: )
		S: * 5 FETCH (FLAGS (\Recent) BODY[...] {14}
		S: Subject: 5
		S:
		S: )
		S: g OK...
	EOT
	[[ $(find "$MAILDIR/cur" -newermt '2020-01-01 10:20:29Z' \
		! -newermt '2020-01-01 10:20:31Z' -type f | wc -l) == 2 ]]
	[[ $(find "$MAILDIR/cur" ! -newermt '1996-07-17 09:44:26Z' \
		-type f | wc -l) == 1 ]]
	[[ -z $(ls -A "$MAILDIR/tmp") ]]
}

@test "a mailbox that is not there: TRYCREATE before the literal (RFC 3501 6.3.11)" {
	login_imap <<-'EOT'
		C: a APPEND nothere {12}
		S: a NO [TRYCREATE] ...
		C: b APPEND nothere {14+}
		C: Subject: 1
		C:
		C:
		S: b NO [TRYCREATE] ...
		C: c APPEND "no/../where" {12}
		S: c NO [NONEXISTENT] ...
		C: d NOOP
		S: d OK...
	EOT
	[[ ! -e $MAILDIR/.nothere ]]
}

@test "a literal that is too large is refused before it is sent (RFC 7889 4)" {
	login_imap --max-message=1000 <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... APPENDLIMIT=1000...
		S: a OK...
		C: b APPEND INBOX {1001}
		S: b NO [TOOBIG] ...
		C: c APPEND INBOX (\Seen) {99999999999}
		S: c NO [TOOBIG] ...
		C: d STATUS INBOX (APPENDLIMIT MESSAGES)
		S: * STATUS INBOX (MESSAGES 0 APPENDLIMIT 1000)
		S: d OK...
	EOT
}

@test "what is wrong is BAD, nothing is stored and the session goes on" {
	login_imap <<-'EOT'
		C: a APPEND INBOX
		S: a BAD...
		C: b APPEND INBOX (\Seen
		S: b BAD...
		C: c APPEND INBOX (\Recent) {3+}
		C: abc
		S: c BAD...
		C: d APPEND INBOX "yesterday" {3+}
		C: abc
		S: d BAD...
		C: e APPEND INBOX "31-Feb-2020 10:20:30 +0000" {3}
		S: e BAD...
		C: f APPEND INBOX {abc}
		S: f BAD...
		C: g APPEND INBOX {3}
		S: + ...
		C: abc x
		S: g BAD...
		C: h STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: h OK...
	EOT
	[[ -z $(ls -A "$MAILDIR/tmp") ]]
}

@test "no octets: NO" {
	login_imap <<-'EOT'
		C: a APPEND INBOX {0}
		S: a NO...
		C: b APPEND INBOX {0+}
		C:
		S: b NO...
		C: c NOOP
		S: c OK...
	EOT
}

@test "CRLF, LF and 8-bit octets come back as they went" {
	login_imap <<-'EOT'
		C: a APPEND INBOX {34}
		S: + ...
		C~ Subject: x\r\n\r\na\xe4\xff\rb\r\n\r\r\nno end\r\n\r\r\r\n
		S: a OK...
		C: b EXAMINE INBOX
		S* b OK...
		C: c FETCH 1 (RFC822.SIZE BODY.PEEK[])
		S: * 1 FETCH (RFC822.SIZE 34 BODY[] {34}
		S~ Subject: x\r\n\r\na\xe4\xff\rb\r\n\r\r\nno end\r\n\r\r)\r\n
		S: c OK...
	EOT
}

@test "a connection that dies in the literal leaves nothing behind" {
	login_imap <<-'EOT'
		C: a APPEND INBOX {100000}
		S: + ...
		C~ Subject: half
		CLOSE
		EOF
	EOT
	[[ -z $(find "$MAILDIR"/{cur,new,tmp} -type f) ]]
}

@test "EXISTS comes at once where the mailbox is selected, also in EXAMINE" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b APPEND INBOX {3}
		S: + ...
		C: x:y
		S: * 2 EXISTS
		S* b OK [APPENDUID ${v} 2] ...
		C2: a SELECT INBOX
		S2* * 2 EXISTS
		S2* a OK...
		C: c APPEND INBOX {3}
		S: + ...
		C: x:y
		S* * 3 EXISTS
		S* c OK...
		C2: b NOOP
		S2* * 3 EXISTS
		S2* b OK...
	EOT
}

@test "a full disk: OVERQUOTA, nothing left behind, the session goes on" {
	need_root "a file system of its own"
	mount -t tmpfs -o size=400k tmpfs "$MAILDIR" || skip "cannot mount"
	maildir_make ''
	bed_own "$MAILDIR"
	head -c 600000 /dev/zero | tr '\0' 'x' >"$BED_TMP/big"
	run login_imap --cache=none <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b APPEND INBOX {600000}
		S: + ...
		C< $BED_TMP/big
		C:
		S: b NO [OVERQUOTA] ...
		C: c APPEND INBOX {100+}
		C: $(printf 'y%.0s' {1..100}) {600000+}
		C< $BED_TMP/big
		C:
		S: c NO [OVERQUOTA] ...
		C: d APPEND INBOX {3+}
		C: x:y
		S: * 1 EXISTS
		S* d OK...
		RUN [[ -z \$(ls -A "$MAILDIR/tmp") ]]
	EOT
	umount "$MAILDIR"
	echo "$output"
	((status == 0))
}
