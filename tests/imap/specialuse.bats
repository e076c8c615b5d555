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
