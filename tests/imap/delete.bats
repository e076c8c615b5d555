# DELETE.

load ../lib/bed

@test "a mailbox goes with its mail, those below it stay" {
	maildir_make .a
	maildir_make .a.b
	maildir_put -d .a one.eml
	login_imap <<-'EOT'
		C: a DELETE a
		S: a OK...
		C: b LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" a/b
		S: b OK...
		C: c DELETE a
		S: c NO [HASCHILDREN] ...
		C: d DELETE a/b
		S: d OK...
		C: e DELETE a
		S: e NO [NONEXISTENT] ...
	EOT
	[[ ! -e $MAILDIR/.a && ! -e $MAILDIR/.a.b ]]
	[[ -z $(find "$MAILDIR" -maxdepth 1 -name '..*') ]]
}

@test "INBOX stays, in any case (RFC 3501 6.3.4)" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a DELETE INBOX
		S: a NO...
		C: b DELETE inbox/
		S: b NO...
		C: c DELETE ""
		S: c NO...
		C: d DELETE ..
		S: d NO...
	EOT
	(($(maildir_count) == 1))
}

@test "the selected mailbox: none is selected afterwards; subscriptions stay" {
	maildir_make .box
	login_imap <<-'EOT'
		C: a SUBSCRIBE box
		S: a OK...
		C: b SELECT box
		S* b OK...
		C: c DELETE box
		S: * OK [CLOSED] ...
		S: c OK...
		C: d FETCH 1 FLAGS
		S: d BAD...
		C: e LSUB "" *
		S: * LSUB () "/" box
		S: e OK...
	EOT
}

@test "where another session has it selected its messages vanish there" {
	maildir_make .box
	maildir_put -d .box one.eml two.eml
	login_imap <<-'EOT'
		C2: a SELECT box
		S2* a OK...
		C: a DELETE box
		S: a OK...
		C2: b NOOP
		S2* b OK...
		C2: c FETCH 1 BODY.PEEK[]
		S2* c NO...
		C2: d LOGOUT
		S2* d OK...
	EOT
}

@test "the same in a tree of directories, where the one with those below it stays" {
	maildir_make Work
	maildir_make Work/sub
	maildir_put -d Work one.eml two.eml
	bed_own -R "$MAILDIR"
	login_imap <<-'EOT'
		C2: a SELECT Work
		S2* * 2 EXISTS
		S2* a OK...
		C: a DELETE Work
		S: a OK...
		C2: b NOOP
		S2* b OK...
		C: b LIST "" Work*
		S* * LIST (...) "/" Work/sub
		S* b OK...
		C2: d LOGOUT
		S2* d OK...
	EOT
	[[ $(ls "$MAILDIR/Work") == sub ]]
}

@test "a mailbox that another session made anew is not the one still selected here" {
	maildir_make .box
	maildir_put -d .box one.eml
	login_imap <<-'EOT'
		C: a SELECT box
		S* a OK...
		C2: a DELETE box
		S2: a OK...
		C2: b CREATE box
		S2: b OK...
		C: b APPEND box {3+}
		C: x:y
		S* b OK [APPENDUID ...
		C: c STATUS box (MESSAGES)
		S* * STATUS box (MESSAGES 1)
		S* c OK...
		C2: c STATUS box (MESSAGES UIDNEXT)
		S2: * STATUS box (MESSAGES 1 UIDNEXT 2)
		S2: c OK...
	EOT
	(($(maildir_count .box) == 1))
}

@test "what a killed session left of making or removing a folder goes with the next DELETE" {
	maildir_make .box
	mkdir -p "$MAILDIR"/..stdmail-{gone,new}.1.2.3/cur
	touch -d '2 hours ago' "$MAILDIR/..stdmail-new.1.2.3"
	mkdir "$MAILDIR/..stdmail-new.4.5.6" # somebody is making it right now
	bed_own -R "$MAILDIR"
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (...) "/" INBOX
		S+ * LIST (...) "/" box
		S: a OK...
		C: b DELETE box
		S: b OK...
	EOT
	[[ $(cd "$MAILDIR" && echo ..stdmail-*) == ..stdmail-new.4.5.6 ]]
}
