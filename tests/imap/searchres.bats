# SEARCHRES (RFC 5182): "$" is what a search has kept.

load ../lib/bed
load ../lib/found

@test "2.1: what is saved is used by all commands that take a set" {
	box
	maildir_make .Other
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (SAVE) 2:3
		S: b OK...
		C: c FETCH $ (UID)
		S: * 2 FETCH (UID 2)
		S: * 3 FETCH (UID 3)
		S: c OK...
		C: d UID FETCH $ (UID)
		S: * 2 FETCH (UID 2)
		S: * 3 FETCH (UID 3)
		S: d OK...
		C: e UID SEARCH UID $ SUBJECT drawing
		S: * SEARCH 3
		S: e OK...
		C: f SEARCH OR $ 5
		S: * SEARCH 2 3 5
		S: f OK...
		C: g SEARCH NOT $
		S: * SEARCH 1 4 5 6
		S: g OK...
		C: h STORE $ +FLAGS.SILENT (\Draft)
		S: h OK...
		C: i SEARCH DRAFT
		S: * SEARCH 2 3
		S: i OK...
		C: j COPY $ Other
		S: j OK...
		C: k UID STORE $ +FLAGS.SILENT (\Deleted)
		S: k OK...
		C: l UID EXPUNGE $
		S: * 3 EXPUNGE
		S: * 2 EXPUNGE
		S: l OK...
		C: m FETCH $ (UID)
		S: m OK...
	EOT
	(($(maildir_count .Other) == 2))
}

@test "2.1: before any SAVE, and after SELECT, it is empty, and no error" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH $ FLAGS
		S: b OK...
		C: c SEARCH $
		S: * SEARCH
		S: c OK...
		C: d SEARCH RETURN (SAVE) ALL
		S: d OK...
		C: e SELECT INBOX
		S* e OK...
		C: f SEARCH RETURN (COUNT) $
		S: * ESEARCH (TAG "f") COUNT 0
		S: f OK...
	EOT
}

@test "2.1: an expunged message leaves it, and numbers may move" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (SAVE) 2:4
		S: b OK...
		C: c STORE 1,3 +FLAGS.SILENT (\Deleted)
		S: c OK...
		C: d EXPUNGE
		S: * 3 EXPUNGE
		S: * 1 EXPUNGE
		S: d OK...
		C: e SEARCH RETURN (ALL) $
		S: * ESEARCH (TAG "e") ALL 1:2
		S: e OK...
		C: f UID SEARCH RETURN (ALL) $
		S: * ESEARCH (TAG "f") UID ALL 2,4
		S: f OK...
	EOT
}

@test "2.1: BAD and searches without SAVE leave it, NO empties it" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (SAVE) 5
		S: b OK...
		C: c SEARCH RETURN (SAVE) NONSENSE
		S: c BAD...
		C: d SEARCH 1
		S: * SEARCH 1
		S: d OK...
		C: e SEARCH RETURN (ALL) CHARSET X-NONE SUBJECT x
		S: e NO [BADCHARSET ...
		C: f SEARCH $
		S: * SEARCH 5
		S: f OK...
		C: g SEARCH RETURN (SAVE) CHARSET X-NONE (OR $ 1) SUBJECT x
		S: g NO [BADCHARSET ...
		C: h SEARCH $
		S: * SEARCH
		S: h OK...
		C: i SEARCH RETURN (SAVE) DELETED
		S: i OK...
		C: j SEARCH $
		S: * SEARCH
		S: j OK...
	EOT
}

@test "2.4: with MIN or MAX alone only these are saved" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (SAVE MIN) UNSEEN
		S: * ESEARCH (TAG "b") MIN 2
		S: b OK...
		C: c SEARCH $
		S: * SEARCH 2
		S: c OK...
		C: d SEARCH RETURN (SAVE MIN MAX) UNSEEN
		S: * ESEARCH (TAG "d") MIN 2 MAX 6
		S: d OK...
		C: e SEARCH $
		S: * SEARCH 2 6
		S: e OK...
		C: f SEARCH RETURN (MAX SAVE COUNT) UNSEEN
		S: * ESEARCH (TAG "f") MAX 6 COUNT 5
		S: f OK...
		C: g SEARCH $
		S: * SEARCH 2 3 4 5 6
		S: g OK...
		C: h SEARCH RETURN (ALL SAVE) 3
		S: * ESEARCH (TAG "h") ALL 3
		S: h OK...
		C: i UID SEARCH UID $
		S: * SEARCH 3
		S: i OK...
		C: j SEARCH RETURN (SAVE PARTIAL 2:3 MIN) ALL
		S: * ESEARCH (TAG "j") MIN 1 PARTIAL (2:3 2:3)
		S: j OK...
		C: k SEARCH $
		S: * SEARCH 1 2 3
		S: k OK...
	EOT
}

@test "2.1 example 2: the next command need not wait" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C~ b SEARCH RETURN (SAVE) SEEN\r\nc FETCH $ FLAGS\r\n
		S: b OK...
		S: * 1 FETCH (FLAGS (\Seen))
		S: c OK...
	EOT
}
