# SELECT, EXAMINE and how a mailbox is closed.

load ../lib/bed

@test "SELECT answers all that RFC 3501 6.3.1 asks for" {
	maildir_put -f S one.eml
	maildir_put one.eml two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft...)
		S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft... \*)] ...
		S: * 3 EXISTS
		S: * 2 RECENT
		S: * OK [UNSEEN 2] ...
		S: * OK [UIDVALIDITY ${v}] ...
		S: * OK [UIDNEXT 4] ...
		S: * OK [MAILBOXID (...)] ...
		S: a OK [READ-WRITE] ...
	EOT
}

@test "UNSEEN is left out when all is seen" {
	maildir_put -f S one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * 1 EXISTS
		S: * 0 RECENT
		S: * OK [UIDVALIDITY ...
		S: * OK [UIDNEXT 2] ...
		S: * OK [MAILBOXID (...)] ...
		S: a OK...
	EOT
}

@test "EXAMINE: no permanent flags, nothing changes, recent stay recent" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S: * FLAGS (\Answered ...
		S: * OK [PERMANENTFLAGS ()] ...
		S: * 1 EXISTS
		S: * 1 RECENT
		S* a OK [READ-ONLY] ...
		C: b FETCH 1 (FLAGS BODY[TEXT]<0.5>)
		S: * 1 FETCH (FLAGS (\Recent) BODY[TEXT]<0> {5}
		S: Hello)
		S: b OK...
		C: c STORE 1 FLAGS (\Seen)
		S: c NO...
		C: d EXPUNGE
		S: d NO...
		C: e SELECT INBOX
		S: * OK [CLOSED] ...
		S* * 1 RECENT
		S* e OK [READ-WRITE] ...
		C: f FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS (\Recent))
		S: f OK...
	EOT
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * 0 RECENT
		S* a OK...
	EOT
}

@test "INBOX in any case, quoted, with a separator behind it" {
	login_imap <<-'EOT'
		C: a SELECT inbox
		S* a OK...
		C: b SELECT "iNbOx"
		S* b OK...
		C: c SELECT INBOX/
		S* c OK...
	EOT
}

@test "a SELECT that fails leaves no mailbox selected" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SELECT nothere
		S: * OK [CLOSED] ...
		S: b NO [NONEXISTENT] ...
		C: c FETCH 1 FLAGS
		S: c BAD...
		C: d SELECT &AOQ
		S: d NO...
		C: e SELECT a/../b
		S: e NO...
	EOT
}

@test "folders of both spellings are opened" {
	maildir_make .Sent
	maildir_make '.Gr&APw-n'
	maildir_make $'.Gr\xc3\xa4n'
	maildir_put -d .Sent one.eml
	login_imap <<-'EOT'
		C: a SELECT Sent
		S* * 1 EXISTS
		S* a OK...
		C: b SELECT "Gr&APw-n"
		S* b OK...
		C: c SELECT "Gr&AOQ-n"
		S* c OK...
	EOT
}

@test "CLOSE expunges without a word, not after EXAMINE" {
	maildir_put -f ST one.eml
	maildir_put -f S two.eml
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b CLOSE
		S: b OK...
		C: c SELECT INBOX
		S* * 2 EXISTS
		S* c OK...
		C: d UNSELECT
		S: d OK...
		C: e SELECT INBOX
		S* * 2 EXISTS
		S* e OK...
		C: f CLOSE
		S: f OK...
		C: g CLOSE
		S: g BAD...
		C: h SELECT INBOX
		S* * 1 EXISTS
		S* h OK...
	EOT
}

@test "UIDVALIDITY and UIDs stay over sessions and a lost cache" {
	maildir_put one.eml two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * OK [UIDVALIDITY ${v}] ...
		S* a OK...
		C: b UID FETCH 1:* UID
		S: * 1 FETCH (UID 1)
		S: * 2 FETCH (UID 2)
		S: b OK...
		RUN rm -rf "$BED_HOME/.cache"
		C2: a SELECT INBOX
		S2* * OK [UIDVALIDITY ${v}] ...
		S2* a OK...
		C2: b UID FETCH 1:* UID
		S2: * 1 FETCH (UID 1)
		S2: * 2 FETCH (UID 2)
		S2: b OK...
	EOT
}
