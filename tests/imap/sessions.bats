# Several sessions and programs at one mailbox: numbers mean what each client
# was told (RFC 2180, RFC 3501 5.5 and 7.4.1).

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f S one.eml two.eml three.eml
}

@test "what another session expunged keeps its number until NOOP" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 2 +FLAGS.SILENT (\Deleted)
		S2: b OK...
		C2: c EXPUNGE
		S2: * 2 EXPUNGE
		S2: c OK...
		C: b FETCH 3 UID
		S: * 3 FETCH (UID 3)
		S: b OK...
		C: c FETCH 1:3 UID
		S: * 1 FETCH (UID 1)
		S: * 3 FETCH (UID 3)
		S: c NO [EXPUNGEISSUED] ...
		C: d STORE 2 +FLAGS (\Seen)
		S: d NO [EXPUNGEISSUED] ...
		C: e NOOP
		S: * 2 EXPUNGE
		S: e OK...
		C: f FETCH 2 UID
		S: * 2 FETCH (UID 3)
		S: f OK...
	EOT
}

@test "UID commands, CHECK and others may tell of it at once" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		C: b UID FETCH 1:2 (UID)
		S* * 1 EXPUNGE
		S: b OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: c CHECK
		S: * 1 EXPUNGE
		S: c OK...
		RUN rm "$MAILDIR"/cur/*.M3P*
		C: d STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: * 1 EXPUNGE
		S: d OK...
	EOT
}

@test "new mail: EXISTS and RECENT, in answer to any command" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN maildir_put one.eml
		C: b FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS (\Seen))
		S: * 4 EXISTS
		S: * 1 RECENT
		S: b OK...
		C: c FETCH 4 FLAGS
		S: * 4 FETCH (FLAGS (\Recent))
		S: c OK...
		C: d NOOP
		S: d OK...
	EOT
}

@test "vanished, new and changed at once, in the order that stays true" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		RUN mv "$MAILDIR"/cur/*.M3P* "$MAILDIR/cur/1700000003.M3P1.bed:2,FS"
		RUN maildir_put two.eml
		C: b NOOP
		S: * 1 EXPUNGE
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 2 FETCH (UID 3 FLAGS (\Flagged \Seen))
		S: b OK...
	EOT
}

@test "flags that another session changed are told once" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 1:2 +FLAGS.SILENT (\Flagged kw)
		S2* b OK...
		C: b NOOP
		S: * FLAGS (...kw...)
		S: * OK [PERMANENTFLAGS ...
		S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen kw))
		S: * 2 FETCH (UID 2 FLAGS (\Flagged \Seen kw))
		S: b OK...
		C: c NOOP
		S: c OK...
		C2: c NOOP
		S2: c OK...
	EOT
}

@test ".SILENT still tells what another session did" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 1 +FLAGS.SILENT (\Flagged)
		S2: b OK...
		C: b STORE 1:2 +FLAGS.SILENT (\Answered)
		S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged \Seen))
		S: b OK...
	EOT
}

@test "only one of two sessions has a message as \\Recent" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * 1 RECENT
		S* a OK...
		C2: a SELECT INBOX
		S2* * 0 RECENT
		S2* a OK...
	EOT
}

@test "pipelined commands by number are answered with the old numbers" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		C~ b FETCH 2 UID\r\nc FETCH 3 UID\r\nd STORE 3 +FLAGS.SILENT (\\Flagged)\r\n
		S: * 2 FETCH (UID 2)
		S: b OK...
		S: * 3 FETCH (UID 3)
		S: c OK...
		S: d OK...
		C: e NOOP
		S: * 1 EXPUNGE
		S: e OK...
	EOT
}

@test "a file that is renamed while it is looked for is found" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN mv "$MAILDIR"/cur/*.M2P* "$MAILDIR/cur/1700000002.M2P1.bed:2,RS"
		C: b FETCH 2 BODY.PEEK[TEXT]<0.1>
		S: * 2 FETCH (BODY[TEXT]<0> {1}
		S: ...)
		S: * 2 FETCH (UID 2 FLAGS (\Answered \Seen))
		S: b OK...
	EOT
}

@test "what Dovecot has numbered just now keeps its UID when we add more" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN cp "$BED_MAIL/thread1.eml" "$MAILDIR/cur/1700000009.M9P9.bed:2,"
		RUN echo "4 :1700000009.M9P9.bed" >>"$MAILDIR/dovecot-uidlist"
		C: b APPEND INBOX {3+}
		C: x:y
		S: * 5 EXISTS
		S* b OK [APPENDUID ${v} 5] ...
		C: c UID FETCH 4:* FLAGS
		S: * 4 FETCH (UID 4 FLAGS ())
		S: * 5 FETCH (UID 5 FLAGS (...))
		S: c OK...
	EOT
}
