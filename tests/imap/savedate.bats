# SAVEDATE (RFC 8514): when a message came into the mailbox.

load ../lib/bed

@test "deliveries by their names; COPY begins anew, STORE changes nothing" {
	maildir_put -f - one.eml
	maildir_make .box
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...SAVEDATE...
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c FETCH 1 (SAVEDATE)
		S: * 1 FETCH (SAVEDATE "14-Nov-2023 22:13:21 +0000")
		S: c OK...
		C: d STORE 1 +FLAGS.SILENT (\Seen)
		S: d OK...
		C: e COPY 1 box
		S: e OK...
		C: f FETCH 1 SAVEDATE
		S: * 1 FETCH (SAVEDATE "14-Nov-2023 22:13:21 +0000")
		S: f OK...
		C: g SELECT box
		S* g OK...
		C: h FETCH 1 (INTERNALDATE SAVEDATE)
		S: * 1 FETCH (INTERNALDATE "14-Nov-2023 22:13:21 +0000" SAVEDATE "${day} ...")
		S: h OK...
		RUN [[ ${day} == *-$(date +%b-%Y) ]]
	EOT
}

@test "a name without a time has none: NIL (RFC 8514 4.1)" {
	cp "$BED_MAIL/one.eml" "$MAILDIR/cur/strange:2,"
	bed_own "$MAILDIR/cur/strange:2,"
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 SAVEDATE
		S: * 1 FETCH (SAVEDATE NIL)
		S: b OK...
	EOT
}
