# PARTIAL in UID FETCH (RFC 9394 3.3); in SEARCH see esearch.bats.

load ../lib/bed
load ../lib/found

@test "3.3: a part of the set, from either end" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 2 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 2 EXPUNGE
		S: c OK...
		C: d UID FETCH 1:* (UID) (PARTIAL 2:3)
		S: * 2 FETCH (UID 3)
		S: * 3 FETCH (UID 4)
		S: d OK...
		C: e UID FETCH 1:* (UID) (PARTIAL -1:-2)
		S: * 4 FETCH (UID 5)
		S: * 5 FETCH (UID 6)
		S: e OK...
		C: f UID FETCH 2:4 (UID) (PARTIAL -2:-100)
		S: * 2 FETCH (UID 3)
		S: f OK...
		C: g UID FETCH 1:* (UID) (PARTIAL 6:9)
		S: g OK...
	EOT
}

@test "3.4: the part is taken first, then what has not changed is left out" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX (CONDSTORE)
		S* * OK [HIGHESTMODSEQ ${old}]...
		S* a OK...
		C: b STORE 1,6 +FLAGS.SILENT (\Draft)
		S* b OK...
		C: c UID FETCH 1:* (UID) (PARTIAL -1:-3 CHANGEDSINCE ${old})
		S: * 6 FETCH (UID 6 MODSEQ (...))
		S: c OK...
		C: d UID FETCH 1:* (UID) (CHANGEDSINCE ${old} PARTIAL 1:1)
		S: * 1 FETCH (UID 1 MODSEQ (...))
		S: d OK...
	EOT
}

@test "PARTIAL without UID, or without a range, is BAD" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:* (UID) (PARTIAL 1:2)
		S: b BAD...
		C: c UID FETCH 1:* (UID) (PARTIAL)
		S: c BAD...
		C: d UID FETCH 1:* (UID) (PARTIAL 0:2)
		S: d BAD...
		C: e UID FETCH 1:* (UID) (PARTIAL 1:-2)
		S: e BAD...
	EOT
}
