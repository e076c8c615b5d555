# SPECIAL-USE and CREATE-SPECIAL-USE (RFC 6154).

load ../lib/bed

@test "well-known names have their use without a mark, one mailbox for each use" {
	maildir_make .Sent
	maildir_make '.Sent Items'
	maildir_make .Spam
	maildir_make .INBOX.Drafts
	maildir_make '.deleted messages'
	maildir_make .Other
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... SPECIAL-USE CREATE-SPECIAL-USE...
		S: a OK...
		C: b LIST (SPECIAL-USE) "" "*"
		S+ * LIST (\HasNoChildren \Sent) "/" Sent
		S+ * LIST (\HasNoChildren \Junk) "/" Spam
		S+ * LIST (\HasNoChildren \Drafts) "/" INBOX/Drafts
		S+ * LIST (\HasNoChildren \Trash) "/" "deleted messages"
		S: b OK...
		C: c LIST "" % RETURN (SPECIAL-USE)
		S+ * LIST (\HasChildren) "/" INBOX
		S+ * LIST (\HasNoChildren \Sent) "/" Sent
		S+ * LIST (\HasNoChildren) "/" "Sent Items"
		S+ * LIST (\HasNoChildren \Junk) "/" Spam
		S+ * LIST (\HasNoChildren \Trash) "/" "deleted messages"
		S+ * LIST (\HasNoChildren) "/" Other
		S: c OK...
		C: d LIST (SPECIAL-USE RECURSIVEMATCH) "" "INB*X"
		S: * LIST (\HasChildren) "/" INBOX (CHILDINFO ("SPECIAL-USE"))
		S: d OK...
	EOT
}

@test "CREATE with USE marks it, for good and over a RENAME (RFC 6154 3)" {
	maildir_make .Sent
	login_imap <<-'EOT'
		C: a CREATE Mine (USE (\sent))
		S: a OK [MAILBOXID (...)] ...
		C: b LIST (SPECIAL-USE) "" "*"
		S: * LIST (\HasNoChildren \Sent) "/" Mine
		S: b OK...
		C: c CREATE More (USE (\Sent))
		S: c NO [USEATTR] ...
		C: d CREATE Everything (USE (\All))
		S: d NO [USEATTR] ...
		C: e CREATE Both (USE (\Drafts \Trash))
		S: e NO [USEATTR] ...
		C: f CREATE x (USE \Drafts)
		S: f BAD...
		C: g CREATE x (NONSENSE 1)
		S: g BAD...
		C: h CREATE x (USE ())
		S: h OK...
		C: i RENAME Mine Ours
		S: i OK...
	EOT
	rm -rf "$BED_HOME/.cache"
	login_imap <<-'EOT'
		C: a LIST (SPECIAL-USE) "" "*"
		S: * LIST (\HasNoChildren \Sent) "/" Ours
		S: a OK...
	EOT
	grep -qx 'special-use \\Sent' "$MAILDIR/.Ours/stdmail-mailbox"
	[[ ! -e $MAILDIR/.More && ! -e $MAILDIR/.Both ]]
}

@test "4: METADATA says the use, sets it, and refuses what it cannot be" {
	login_imap <<-'EOT'
		C: a CREATE x (USE (\Junk))
		S: a OK...
		C: b GETMETADATA x /private/specialuse
		S: * METADATA x (/private/specialuse "\\Junk")
		S: b OK...
		C: c SETMETADATA x (/private/specialuse "\\All")
		S: c NO [USEATTR] ...
		C: d SETMETADATA x (/private/specialuse "\\Junk \\Drafts")
		S: d NO [USEATTR] ...
		C: e SETMETADATA x (/private/specialuse "nonsense")
		S: e NO [USEATTR] ...
		C: f SETMETADATA x (/private/specialuse "\\Drafts")
		S: f OK...
		C: g LIST (SPECIAL-USE) "" *
		S: * LIST (\HasNoChildren \Drafts) "/" x
		S: g OK...
		C: h CREATE y (USE (\Drafts))
		S: h NO [USEATTR] ...
		C: i SETMETADATA x (/private/specialuse NIL)
		S: i OK...
		C: j LIST (SPECIAL-USE) "" *
		S: j OK...
		C: k CREATE y (USE (\Drafts))
		S: k OK...
	EOT
}

@test "2: the selection option names those with a use alone, with others besides" {
	maildir_make .Sent
	maildir_make .Junk
	maildir_make .Other
	login_imap <<-'EOT'
		C: a SUBSCRIBE Junk
		S: a OK...
		C: b SUBSCRIBE Other
		S: b OK...
		C: c LIST (SPECIAL-USE SUBSCRIBED) "" *
		S: * LIST (\HasNoChildren \Subscribed \Junk) "/" Junk
		S: c OK...
		C: d LIST (SUBSCRIBED) "" * RETURN (SPECIAL-USE)
		S+ * LIST (\HasNoChildren \Subscribed \Junk) "/" Junk
		S+ * LIST (\HasNoChildren \Subscribed) "/" Other
		S: d OK...
		C: e LIST (SPECIAL-USE) "" * RETURN (STATUS (MESSAGES))
		S: * LIST (\HasNoChildren \Junk) "/" Junk
		S: * STATUS Junk (MESSAGES 0)
		S: * LIST (\HasNoChildren \Sent) "/" Sent
		S: * STATUS Sent (MESSAGES 0)
		S: e OK...
	EOT
}
