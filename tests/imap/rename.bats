# RENAME.

load ../lib/bed

@test "UIDs, flags and UIDVALIDITY go along; below it all is renamed" {
	maildir_make .a
	maildir_make .a.b
	maildir_make .a-x
	maildir_put -d .a -f S one.eml
	login_imap <<-'EOT'
		C: a SUBSCRIBE a
		S: a OK...
		C: b STATUS a (UIDVALIDITY UIDNEXT)
		S: * STATUS a (UIDNEXT 2 UIDVALIDITY ${v})
		S: b OK...
		C: c RENAME a New/name
		S: c OK...
		C: d LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" a-x
		S+ * LIST (\HasChildren) "/" New/name
		S+ * LIST (\HasNoChildren) "/" New/name/b
		S: d OK...
		C: e STATUS New/name (MESSAGES UIDVALIDITY UIDNEXT UNSEEN)
		S: * STATUS New/name (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ${v} UNSEEN 0)
		S: e OK...
		C: f LSUB "" *
		S: * LSUB () "/" a
		S: f OK...
		C: g RENAME New old
		S: g OK...
		C: h LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" a-x
		S+ * LIST (\HasChildren) "/" old/name
		S+ * LIST (\HasNoChildren) "/" old/name/b
		S: h OK...
	EOT
}

@test "never onto another, nor from nothing (RFC 3501 6.3.5)" {
	maildir_make .a
	maildir_make .b
	maildir_make .c.x
	maildir_make .a.x
	login_imap <<-'EOT'
		C: a RENAME a b
		S: a NO [ALREADYEXISTS] ...
		C: b RENAME nothere x
		S: b NO [NONEXISTENT] ...
		C: c RENAME a INBOX
		S: c NO [ALREADYEXISTS] ...
		C: d RENAME a a
		S: d NO [ALREADYEXISTS] ...
		C: e RENAME a c
		S: e NO [ALREADYEXISTS] ...
		C: f RENAME a "x..y"
		S: f NO [CANNOT] ...
		C: g RENAME a
		S: g BAD...
	EOT
	[[ -d $MAILDIR/.a && -d $MAILDIR/.a.x && -d $MAILDIR/.c.x ]]
}

@test "INBOX: its messages move, it and what is below stay (RFC 3501 6.3.5)" {
	maildir_put -f F one.eml
	maildir_put two.eml
	maildir_make .INBOX.sub
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b RENAME INBOX Archive/2024
		S: * 2 EXPUNGE
		S: * 1 EXPUNGE
		S* b OK...
		C: c LIST "" *
		S+ * LIST (\HasChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" INBOX/sub
		S+ * LIST (\HasNoChildren) "/" Archive/2024
		S: c OK...
		C: d STATUS Archive/2024 (MESSAGES)
		S: * STATUS Archive/2024 (MESSAGES 2)
		S: d OK...
	EOT
	(($(maildir_count) == 0))
}

@test "the selected mailbox goes on under its new name" {
	maildir_make .box
	maildir_put -d .box one.eml
	login_imap <<-'EOT'
		C: a SELECT box
		S* a OK...
		C: b RENAME box other
		S* b OK...
		C: c FETCH 1 (BODY.PEEK[HEADER.FIELDS (To)])
		S: * 1 FETCH (...
		S* c OK...
		C: d APPEND other {3}
		S: + ...
		C: x:y
		S* * 2 EXISTS
		S* d OK...
		C: e STORE 1 +FLAGS (\Deleted)
		S: * 1 FETCH ...
		S: e OK...
		C: f CLOSE
		S: f OK...
		C: g STATUS other (MESSAGES)
		S: * STATUS other (MESSAGES 1)
		S: g OK...
	EOT
}
