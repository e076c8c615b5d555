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
