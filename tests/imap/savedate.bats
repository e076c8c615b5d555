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
		S: * 1 FETCH (INTERNALDATE "14-Nov-2023 22:13:21 +0000" SAVEDATE "...-${month} ...")
		S: h OK...
		RUN [[ $(date +%b-%Y) == *${month} ]]
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

@test "4: APPEND and MOVE save now, whatever the message's own date" {
	maildir_make .box
	login_imap <<-'EOT'
		C: a APPEND INBOX "1-Jan-2020 10:20:30 +0000" {4+}
		C: a: b
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c FETCH 1 (INTERNALDATE SAVEDATE)
		S: * 1 FETCH (INTERNALDATE " 1-Jan-2020 10:20:30 +0000" SAVEDATE "...-${month} ...")
		S: c OK...
		RUN [[ $(date +%b-%Y) == *${month} ]]
	EOT
	rm "$MAILDIR"/cur/*
	maildir_put -f - one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID FETCH 2 SAVEDATE
		S: * 1 FETCH (UID 2 SAVEDATE "14-Nov-2023 22:13:21 +0000")
		S: b OK...
		C: c MOVE 1 box
		S* c OK...
		C: d SELECT box
		S* d OK...
		C: e FETCH 1 SAVEDATE
		S: * 1 FETCH (SAVEDATE "...-${month} ...")
		S: e OK...
		RUN [[ $(date +%b-%Y) == *${month} ]]
	EOT
}

@test "3: as long as the message stays its date does, without the cache too" {
	maildir_make .box
	login_imap <<-'EOT'
		C: a APPEND box "1-Jan-2020 10:20:30 +0000" {4+}
		C: a: b
		S: a OK...
		C: b SELECT box
		S* b OK...
		C: c FETCH 1 SAVEDATE
		S: * 1 FETCH (SAVEDATE "...${day} ...:${time} ${zone}")
		S: c OK...
		RUN touch -d 2001-01-01 "$MAILDIR"/.box/cur/*
		RUN rm -rf "$BED_HOME/.cache"
		C2: a SELECT box
		S2* a OK...
		C2: b STORE 1 +FLAGS (\Flagged)
		S2* b OK...
		C2: c FETCH 1 SAVEDATE
		S2: * 1 FETCH (SAVEDATE "...${day} ...:${time} ${zone}")
		S2: c OK...
		C2: d RENAME box other
		S2* d OK...
		C2: e EXAMINE other
		S2* e OK...
		C2: f FETCH 1 SAVEDATE
		S2: * 1 FETCH (SAVEDATE "...${day} ...:${time} ${zone}")
		S2: f OK...
	EOT
}
