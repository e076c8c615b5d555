# OBJECTID (RFC 8474).

load ../lib/bed

@test "MAILBOXID: SELECT, STATUS and CREATE agree; RENAME keeps it (RFC 8474 4)" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...OBJECTID...
		S: a OK...
		C: b CREATE box
		S: b OK [MAILBOXID (${id})] ...
		C: c STATUS box (MAILBOXID)
		S: * STATUS box (MAILBOXID (${id}))
		S: c OK...
		C: d RENAME box other
		S: d OK...
		C: e EXAMINE other
		S* * OK [MAILBOXID (${id})] ...
		S* e OK...
		C: f DELETE other
		S* f OK...
		C: g CREATE other
		S: g OK [MAILBOXID (${new})] ...
		RUN [[ ${new} != ${id} ]]
	EOT
	rm -rf "$BED_HOME/.cache"
	login_imap <<-'EOT'
		C: a STATUS INBOX (MAILBOXID)
		S: * STATUS INBOX (MAILBOXID (${id}))
		S: a OK...
		C: b LIST "" INBOX RETURN (STATUS (MAILBOXID))
		S: * LIST ...
		S: * STATUS INBOX (MAILBOXID (${id}))
		S: b OK...
	EOT
}

@test "EMAILID stays over COPY and MOVE, and is another's for another (RFC 8474 5.1)" {
	maildir_put -f - one.eml two.eml
	maildir_make .box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:2 (EMAILID THREADID)
		S: * 1 FETCH (EMAILID (${one}) THREADID NIL)
		S: * 2 FETCH (EMAILID (${two}) THREADID NIL)
		S: b OK...
		RUN [[ ${one} != ${two} ]]
		C: c COPY 1 box
		S: c OK...
		C: d MOVE 2 box
		S* d OK...
		C: e SELECT box
		S* e OK...
		C: f COPY 1 box
		S* f OK...
		C: g UID FETCH 1:* EMAILID
		S: * 1 FETCH (UID 1 EMAILID (${one}))
		S: * 2 FETCH (UID 2 EMAILID (${two}))
		S: * 3 FETCH (UID 3 EMAILID (${one}))
		S: g OK...
		C: h REPLACE 1 box {4+}
		C: x: y
		S* h OK...
		C: i UID FETCH 4 EMAILID
		S: * 3 FETCH (UID 4 EMAILID (${new}))
		S: i OK...
		RUN [[ ${new} != ${one} ]]
	EOT
}
