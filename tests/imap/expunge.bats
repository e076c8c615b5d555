# EXPUNGE and UID EXPUNGE.

load ../lib/bed

@test "EXPUNGE removes what is marked and tells the numbers" {
	maildir_put -f ST one.eml
	maildir_put -f S two.eml
	maildir_put -f ST three.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b EXPUNGE
		S: * 3 EXPUNGE
		S: * 1 EXPUNGE
		S: b OK...
		C: c FETCH 1 UID
		S: * 1 FETCH (UID 2)
		S: c OK...
		C: d EXPUNGE
		S: d OK...
	EOT
	(($(maildir_count) == 1))
}

@test "UID EXPUNGE removes only what it names (RFC 4315 2.1)" {
	maildir_put -f ST one.eml two.eml three.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID EXPUNGE 2:2,9
		S: * 2 EXPUNGE
		S: b OK...
		C: c UID EXPUNGE
		S: c BAD...
		C: d EXPUNGE 1
		S: d BAD...
	EOT
	(($(maildir_count) == 2))
}

@test "recent messages that are expunged are counted no more" {
	maildir_put one.eml two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * 2 RECENT
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 1 EXPUNGE
		S: * 1 RECENT
		S: c OK...
	EOT
}
