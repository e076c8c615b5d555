# LIST-STATUS (RFC 5819), STATUS=SIZE (RFC 8438), and STATUS items of others.

load ../lib/bed

@test "LIST RETURN (STATUS ...): one STATUS for each mailbox, none for a level" {
	maildir_put one.eml
	maildir_make .a.b
	maildir_put -d .a.b -f S two.eml
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...LIST-STATUS... STATUS=SIZE...
		S: a OK...
		C: b LIST "" % RETURN (STATUS (MESSAGES UNSEEN))
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * STATUS INBOX (MESSAGES 1 UNSEEN 1)
		S: * LIST (\NonExistent \HasChildren) "/" a
		S: b OK...
		C: c LIST "" a/b RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))
		S: * LIST (\HasNoChildren) "/" a/b
		S: * STATUS a/b (MESSAGES 1 UIDNEXT 2)
		S: c OK...
		C: d SELECT a/b
		S* d OK...
		C: e LIST "" a/b RETURN (STATUS (RECENT))
		S: * LIST ...
		S: * STATUS a/b (RECENT 0)
		S: e OK...
		C: f LIST "" * RETURN (STATUS)
		S: f BAD...
		C: g LIST "" * RETURN (STATUS (NONSENSE))
		S: g BAD...
	EOT
}

@test "SIZE is the sum of RFC822.SIZE (RFC 8438), DELETED counts (RFC 9208 4.1.4)" {
	local one two
	maildir_put -f T one.eml
	maildir_put -f S two.eml
	one=$(wire "$BED_MAIL/one.eml" | wc -c)
	two=$(wire "$BED_MAIL/two.eml" | wc -c)
	login_imap <<-EOT
		C: a STATUS INBOX (SIZE DELETED DELETED-STORAGE)
		S: * STATUS INBOX (SIZE $((one + two)) DELETED 1 DELETED-STORAGE $one)
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c STORE 2 +FLAGS.SILENT (\\Deleted)
		S: c OK...
		C: d STATUS INBOX (DELETED SIZE)
		S: * STATUS INBOX (SIZE $((one + two)) DELETED 2)
		S: d OK...
	EOT
}

@test "RFC 8438 3: SIZE is what FETCH sums up to, before and after changes" {
	maildir_put -f S one.eml two.eml three.eml 8bit.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:4 RFC822.SIZE
		S: * 1 FETCH (RFC822.SIZE ${one})
		S: * 2 FETCH (RFC822.SIZE ${two})
		S: * 3 FETCH (RFC822.SIZE ${three})
		S: * 4 FETCH (RFC822.SIZE ${four})
		S: b OK...
		C: c STATUS INBOX (SIZE)
		S: * STATUS INBOX (SIZE ${sum})
		S: c OK...
		RUN ((${sum} == ${one} + ${two} + ${three} + ${four}))
		C: d STORE 2 +FLAGS.SILENT (\Deleted)
		S: d OK...
		C: e EXPUNGE
		S* e OK...
		C: f APPEND INBOX {6+}
		C~ a: b\r\n\r\n
		S* f OK...
		C: g STATUS INBOX (SIZE)
		S: * STATUS INBOX (SIZE ${then})
		S: g OK...
		RUN ((${then} == ${sum} - ${two} + 6))
	EOT
}

@test "SIZE of an empty mailbox is 0; APPENDLIMIT of each (RFC 7889 3.2)" {
	maildir_make .a
	login_imap --max-message=1000 <<-'EOT'
		C: a LIST "" * RETURN (STATUS (SIZE APPENDLIMIT))
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * STATUS INBOX (SIZE 0 APPENDLIMIT 1000)
		S: * LIST (\HasNoChildren) "/" a
		S: * STATUS a (SIZE 0 APPENDLIMIT 1000)
		S: a OK...
	EOT
}

@test "RFC 5819 2: who has no STATUS because it cannot be opened is \\Noselect" {
	need_root "another's directory"
	maildir_make .closed
	chown root "$MAILDIR/.closed"
	chmod 700 "$MAILDIR/.closed"
	login_imap <<-'EOT'
		C: a LIST "" * RETURN (STATUS (MESSAGES))
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * STATUS INBOX (MESSAGES 0)
		S: * LIST (\Noselect \HasNoChildren) "/" closed
		S: a OK...
		C: b SELECT closed
		S: b NO [NOPERM] ...
	EOT
}
