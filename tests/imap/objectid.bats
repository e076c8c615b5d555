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

@test "4: no two mailboxes have one id; SELECT, EXAMINE and STATUS say the same" {
	maildir_make .a
	maildir_make .b
	login_imap <<-'EOT'
		C: a SELECT a
		S* * OK [MAILBOXID (${a})] ...
		S* a OK...
		C: b EXAMINE b
		S* * OK [MAILBOXID (${b})] ...
		S* b OK...
		C: c SELECT INBOX
		S* * OK [MAILBOXID (${inbox})] ...
		S* c OK...
		RUN [[ ${a} != ${b} && ${a} != ${inbox} && ${b} != ${inbox} ]]
		C: d LIST "" * RETURN (STATUS (MAILBOXID))
		S: * LIST ... INBOX
		S: * STATUS INBOX (MAILBOXID (${inbox}))
		S: * LIST ... a
		S: * STATUS a (MAILBOXID (${a}))
		S: * LIST ... b
		S: * STATUS b (MAILBOXID (${b}))
		S: d OK...
	EOT
}

@test "4: RENAME of INBOX makes a mailbox with an id of its own" {
	maildir_put -f - one.eml
	login_imap <<-'EOT'
		C: a STATUS INBOX (MAILBOXID)
		S: * STATUS INBOX (MAILBOXID (${inbox}))
		S: a OK...
		C: b RENAME INBOX kept
		S: b OK...
		C: c STATUS INBOX (MAILBOXID MESSAGES)
		S: * STATUS INBOX (MESSAGES 0 MAILBOXID (${inbox}))
		S: c OK...
		C: d STATUS kept (MAILBOXID MESSAGES)
		S: * STATUS kept (MESSAGES 1 MAILBOXID (${kept}))
		S: d OK...
		RUN [[ ${kept} != ${inbox} ]]
	EOT
}

@test "5.1: EMAILID never changes: not by flags, RENAME, or a lost cache" {
	maildir_make .box
	maildir_put -d .box -f - one.eml
	login_imap <<-'EOT'
		C: a SELECT box
		S* a OK...
		C: b FETCH 1 EMAILID
		S: * 1 FETCH (EMAILID (${id}))
		S: b OK...
		C: c STORE 1 +FLAGS.SILENT (\Seen $Work)
		S* c OK...
		C: d UNSELECT
		S: d OK...
		C: e RENAME box other
		S: e OK...
		RUN rm -rf "$BED_HOME/.cache"
		C2: a SELECT other
		S2* a OK...
		C2: b FETCH 1 EMAILID
		S2: * 1 FETCH (EMAILID (${id}))
		S2: b OK...
		C2: c SEARCH EMAILID ${id}
		S2: * SEARCH 1
		S2: c OK...
	EOT
}
