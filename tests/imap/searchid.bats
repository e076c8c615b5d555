# Search keys of OBJECTID (RFC 8474 5.3) and SAVEDATE (RFC 8514 4.3).

load ../lib/bed
load ../lib/found

@test "EMAILID finds exactly that message, THREADID none" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 2 EMAILID
		S: * 2 FETCH (EMAILID (${id}))
		S: b OK...
		C: c SEARCH EMAILID ${id}
		S: * SEARCH 2
		S: c OK...
		C: d UID SEARCH OR EMAILID 1234 EMAILID ${id}
		S: * SEARCH 2
		S: d OK...
		C: e SEARCH EMAILID 1234
		S: * SEARCH
		S: e OK...
		C: f SEARCH THREADID ${id}
		S: * SEARCH
		S: f OK...
	EOT
}

@test "SAVED dates are the days on which files came here" {
	box
	touch -d '2001-01-01' "$MAILDIR"/cur/*
	found <<-'EOT'
		SAVEDATESUPPORTED => 1 2 3 4 5 6
		SAVEDON 14-Nov-2023 => 1 2 3 4 5 6
		SAVEDBEFORE 14-Nov-2023 =>
		SAVEDBEFORE 15-Nov-2023 => 1 2 3 4 5 6
		SAVEDSINCE 14-Nov-2023 NOT 1 => 2 3 4 5 6
		SAVEDSINCE 15-Nov-2023 =>
		BEFORE 1-Jan-2002 SAVEDSINCE 1-Jan-2002 => 1 2 3 4 5 6
		SAVEDON => BAD
	EOT
}
