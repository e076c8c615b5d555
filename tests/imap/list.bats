# LIST, LSUB, SUBSCRIBE: which mailboxes there are.

load ../lib/bed

@test "LIST \"\" \"\" gives the separator" {
	login_imap <<-'EOT'
		C: a LIST "" ""
		S: * LIST (\Noselect) "/" ""
		S: a OK...
		C: b LIST "x/y" ""
		S: * LIST (\Noselect) "/" ""
		S: b OK...
	EOT
	login_imap --separator=. <<-'EOT'
		C: a LIST "" ""
		S: * LIST (\Noselect) "." ""
		S: a OK...
	EOT
}

@test "patterns, children, levels that are no mailboxes" {
	maildir_make .a
	maildir_make .a.b
	maildir_make .x.y.z
	login_imap <<-'EOT'
		C: a LIST "" "*"
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasChildren) "/" a
		S+ * LIST (\HasNoChildren) "/" a/b
		S+ * LIST (\HasNoChildren) "/" x/y/z
		S: a OK...
		C: b LIST "" %
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasChildren) "/" a
		S+ * LIST (\Noselect \HasChildren) "/" x
		S: b OK...
		C: c LIST "" %/%
		S+ * LIST (\HasNoChildren) "/" a/b
		S+ * LIST (\Noselect \HasChildren) "/" x/y
		S: c OK...
		C: d LIST a/ %
		S: * LIST (\HasNoChildren) "/" a/b
		S: d OK...
		C: e LIST "" inbox
		S: * LIST (\HasNoChildren) "/" INBOX
		S: e OK...
		C: f LIST "" a/
		S: * LIST (\HasChildren) "/" a
		S: f OK...
		C: g LIST "" nothere
		S: g OK...
		C: h LIST "" x
		S: * LIST (\Noselect \HasChildren) "/" x
		S: h OK...
		C: i LIST "" {1}
		S: + ...
		C: a
		S: * LIST (\HasChildren) "/" a
		S: i OK...
	EOT
}

@test "names: encoded, with blanks and quotes; children of INBOX" {
	maildir_make '.Gr&APw-n'
	maildir_make $'.Stra\xc3\x9fe'
	maildir_make '.with blank'
	maildir_make '.say "x"'
	maildir_make '.INBOX.sub'
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (\HasChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" INBOX/sub
		S+ * LIST (\HasNoChildren) "/" Gr&APw-n
		S+ * LIST (\HasNoChildren) "/" Stra&AN8-e
		S+ * LIST (\HasNoChildren) "/" "with blank"
		S+ * LIST (\HasNoChildren) "/" "say \"x\""
		S: a OK...
		C: b LIST "" Gr&APw-%
		S: * LIST (\HasNoChildren) "/" Gr&APw-n
		S: b OK...
		C: c LIST "" inbox/%
		S: * LIST (\HasNoChildren) "/" INBOX/sub
		S: c OK...
	EOT
}

@test "prefix and separator of Courier's kind" {
	maildir_make .Sent
	maildir_make .a.b
	login_imap --separator=. --prefix=INBOX. <<-'EOT'
		C: a LIST "" *
		S+ * LIST (\HasChildren) "." INBOX
		S+ * LIST (\HasNoChildren \Sent) "." INBOX.Sent
		S+ * LIST (\HasNoChildren) "." INBOX.a.b
		S: a OK...
		C: b LIST "" INBOX.%
		S+ * LIST (\HasNoChildren \Sent) "." INBOX.Sent
		S+ * LIST (\Noselect \HasChildren) "." INBOX.a
		S: b OK...
		C: c SELECT INBOX.a.b
		S* c OK...
		C: d SELECT Sent
		S* d NO...
		C: e SELECT INBOX.a/b
		S: e NO...
		C: f SUBSCRIBE INBOX.Sent
		S: f OK...
		C: g LSUB INBOX. %
		S: * LSUB () "." INBOX.Sent
		S: g OK...
	EOT
	grep -qx Sent <(tr '\t' . <"$MAILDIR/subscriptions")
}

@test "subscriptions: also of what does not exist, levels with LSUB %" {
	maildir_make .a.b
	login_imap <<-'EOT'
		C: a LSUB "" *
		S: a OK...
		C: b SUBSCRIBE a/b
		S: b OK...
		C: c SUBSCRIBE "gone"
		S: c OK...
		C: d SUBSCRIBE inbox
		S: d OK...
		C: e LSUB "" *
		S+ * LSUB () "/" INBOX
		S+ * LSUB () "/" a/b
		S+ * LSUB () "/" gone
		S: e OK...
		C: f LSUB "" %
		S+ * LSUB () "/" INBOX
		S+ * LSUB (\Noselect) "/" a
		S+ * LSUB () "/" gone
		S: f OK...
		C: g UNSUBSCRIBE gone
		S: g OK...
		C: h UNSUBSCRIBE a/b/
		S: h OK...
		C: i LSUB "" *
		S: * LSUB () "/" INBOX
		S: i OK...
		C: j SUBSCRIBE "a//b"
		S: j NO...
		C: k SUBSCRIBE ".."
		S: k NO...
	EOT
}

@test "STATUS: counts, in the order of the names, also of the selected one" {
	maildir_make .Sent
	maildir_put -d .Sent one.eml two.eml
	maildir_put -d .Sent -f S three.eml
	login_imap <<-'EOT'
		C: a STATUS Sent (UNSEEN MESSAGES RECENT UIDNEXT UIDVALIDITY)
		S: * STATUS Sent (MESSAGES 3 RECENT 2 UIDNEXT 4 UIDVALIDITY ${v} UNSEEN 2)
		S: a OK...
		C: b SELECT Sent
		S* * 2 RECENT
		S* b OK...
		C: c STATUS Sent (UNSEEN MESSAGES RECENT UIDVALIDITY)
		S: * STATUS Sent (MESSAGES 3 RECENT 2 UIDVALIDITY ${v} UNSEEN 2)
		S: c OK...
		C: d STATUS nothere (MESSAGES)
		S: d NO [NONEXISTENT] ...
		C: e STATUS Sent ()
		S: e BAD...
		C: f STATUS Sent MESSAGES
		S: f BAD...
		C: g STATUS Sent (NONSENSE)
		S: g BAD...
	EOT
}

@test "STATUS and EXAMINE take no \\Recent away" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a STATUS INBOX (RECENT)
		S: * STATUS INBOX (RECENT 1)
		S: a OK...
		C: b EXAMINE INBOX
		S* * 1 RECENT
		S* b OK...
		C: c SELECT INBOX
		S* * 1 RECENT
		S* c OK...
	EOT
}

@test "subscriptions without number do not end the session" {
	{
		printf 'V\t2\n\n'
		printf '%x\n' {100000..1000000}
	} >"$MAILDIR/subscriptions"
	bed_own "$MAILDIR/subscriptions"
	login_imap <<-'EOT'
		C: a LSUB "" *
		S: a NO...
		C: b NOOP
		S: b OK...
	EOT
	truncate -s 1000000 "$MAILDIR/subscriptions"
	login_imap <<-'EOT'
		C: a LSUB "" z
		S: a OK...
		C: b LIST (SUBSCRIBED) "" z
		S: b OK...
	EOT
}
