# ACL (RFC 4314) and LIST-MYRIGHTS (RFC 8440): rights as the file system has
# them.

load ../lib/bed

@test "MYRIGHTS: all of one's own, less where files cannot be written" {
	maildir_make .box
	chmod 500 "$MAILDIR/.box/cur"
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... ACL RIGHTS=kxte LIST-MYRIGHTS...
		S: a OK...
		C: b MYRIGHTS INBOX
		S: * MYRIGHTS INBOX lrswitkeacd
		S: b OK...
		C: c MYRIGHTS box
		S: * MYRIGHTS box lrkxac
		S: c OK...
		C: d MYRIGHTS nothere
		S: d NO [NONEXISTENT] ...
		C: e MYRIGHTS
		S: e BAD...
	EOT
	chmod 700 "$MAILDIR/.box/cur"
}

@test "LIST RETURN (MYRIGHTS): behind each mailbox, not for a level (RFC 8440 3)" {
	maildir_make .a.b
	login_imap <<-'EOT'
		C: a LIST "" % RETURN (MYRIGHTS)
		S: * LIST (\HasNoChildren) "/" INBOX
		S: * MYRIGHTS INBOX lrswitkeacd
		S: * LIST (\NonExistent \HasChildren) "/" a
		S: a OK...
		C: b SUBSCRIBE a/b
		S: b OK...
		C: c LIST (SUBSCRIBED) "" * RETURN (MYRIGHTS)
		S: * LIST (\HasNoChildren \Subscribed) "/" a/b
		S: * MYRIGHTS a/b lrswitkxeacd
		S: c OK...
	EOT
}

@test "GETACL and LISTRIGHTS tell the modes, SETACL is refused" {
	maildir_make .box
	chmod 755 "$MAILDIR" "$MAILDIR/.box" "$MAILDIR/.box/cur"
	chmod g-rwx "$MAILDIR/.box"
	login_imap <<-'EOT'
		C: a GETACL box
		S: * ACL box ${user} lrswitkxeacd anyone lr
		S: a OK...
		C: b LISTRIGHTS box anyone
		S: * LISTRIGHTS box anyone lr
		S: b OK...
		C: c LISTRIGHTS box nobody
		S: * LISTRIGHTS box nobody ""
		S: c OK...
		C: d SETACL box anyone lrs
		S: d NO [NOPERM] ...
		C: e DELETEACL box anyone
		S: e NO [NOPERM] ...
		C: f SETACL box anyone
		S: f BAD...
	EOT
}

@test "RFC 8440 3: MYRIGHTS never before its LIST, and beside STATUS" {
	maildir_make .a
	login_imap <<-'EOT'
		C: a LIST "" * RETURN (STATUS (MESSAGES) MYRIGHTS CHILDREN)
		S: * LIST (\HasNoChildren) "/" INBOX
		S+ * MYRIGHTS INBOX lrswitkeacd
		S+ * STATUS INBOX (MESSAGES 0)
		S: * LIST (\HasNoChildren) "/" a
		S+ * MYRIGHTS a lrswitkxeacd
		S+ * STATUS a (MESSAGES 0)
		S: a OK...
		C: b LIST "" a RETURN (MYRIGHTS (x))
		S: b BAD...
	EOT
}

@test "RFC 8440 3: a name that is subscribed and gone has no rights to tell" {
	login_imap <<-'EOT'
		C: a SUBSCRIBE gone
		S: a OK...
		C: b LIST (SUBSCRIBED) "" * RETURN (MYRIGHTS)
		S: * LIST (\NonExistent \HasNoChildren \Subscribed) "/" gone
		S: b OK...
	EOT
}
