# COPY and UID COPY.

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f FS one.eml
	maildir_put -f - two.eml three.eml
	maildir_make .Archive
}

@test "flags, keywords and date go along; COPYUID tells the UIDs (RFC 4315 3)" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT ($Work)
		S* b OK...
		C: c FETCH 1 INTERNALDATE
		S: * 1 FETCH (INTERNALDATE "14-Nov-2023 22:13:21 +0000")
		S: c OK...
		C: d COPY 1,3 Archive
		S: d OK [COPYUID ${v} 1,3 1:2] ...
		C: e UID COPY 2,77 archive/
		S: e NO [TRYCREATE] ...
		C: f UID COPY 2,77 Archive/
		S: f OK [COPYUID ${v} 2 3] ...
		C: g UID COPY 77 Archive
		S: g OK No messages
		C: h SELECT Archive
		S* * 3 EXISTS
		S* * OK [UIDVALIDITY ${v}] ...
		S* h OK...
		C: i FETCH 1 (FLAGS INTERNALDATE)
		S: * 1 FETCH (FLAGS (\Flagged \Seen $Work) INTERNALDATE "14-Nov-2023 22:13:21 +0000")
		S: i OK...
	EOT
	(($(maildir_count) == 3))
	(($(maildir_count .Archive) == 3))
}

@test "into the selected mailbox itself; into none; syntax" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b COPY 1:2 INBOX
		S: * 5 EXISTS
		S* b OK [COPYUID ${v} 1:2 4:5] ...
		C: c COPY 1 nothere
		S: c NO [TRYCREATE] ...
		C: d COPY 9 Archive
		S: d BAD...
		C: e COPY 1
		S: e BAD...
		C: f COPY 1:* {7}
		S: + ...
		C: Archive
		S: f OK [COPYUID ${w} 1:5 1:5] ...
		C: g EXAMINE INBOX
		S* g OK...
		C: h COPY 2 Archive
		S: h OK [COPYUID ${w} 2 6] ...
	EOT
}

@test "all or nothing: a message that is gone, by number and by UID (RFC 2180 4.4)" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/1700000002.*
		C: b COPY 1:3 Archive
		S: b NO [EXPUNGEISSUED] ...
		C: c STATUS Archive (MESSAGES)
		S* * STATUS Archive (MESSAGES 0)
		S* c OK...
	EOT
	maildir_put -f - two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/1700000004.*
		C: b UID COPY 1:* Archive
		S: * 3 EXPUNGE
		S: b OK [COPYUID ${v} 1,3 ...] ...
	EOT
	(($(maildir_count .Archive) == 2))
}
