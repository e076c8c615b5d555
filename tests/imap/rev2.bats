# ENABLE IMAP4rev2 (RFC 9051): what is other than in RFC 3501, by the list of
# its appendix E.

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f S one.eml
	maildir_put two.eml three.eml
}

@test "E 2: all that was folded in is announced" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY IMAP4rev1 ...
		S: a OK...
	EOT
	for c in IMAP4rev2 NAMESPACE UNSELECT UIDPLUS ESEARCH SEARCHRES \
		ENABLE IDLE SASL-IR LIST-EXTENDED LIST-STATUS MOVE "LITERAL[+]" \
		BINARY STATUS=SIZE SPECIAL-USE; do
		grep -aqE "^\* CAPABILITY.* $c( |.?$)" "$BED_TMP"/raw/* ||
			{ echo "not there: $c"; false; }
	done
}

@test "E 9, 10, 11, 12: SELECT has LIST and [CLOSED], and neither RECENT nor UNSEEN" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S: * ENABLED IMAP4rev2
		S: a OK...
		C: b SELECT INBOX
		S: * FLAGS (...
		S: * OK [PERMANENTFLAGS (...
		S: * 3 EXISTS
		S: * LIST () "/" INBOX
		S: * OK [UIDVALIDITY ...
		S: * OK [UIDNEXT 4] ...
		S* b OK [READ-WRITE]...
		C: c FETCH 2 FLAGS
		S: * 2 FETCH (FLAGS ())
		S: c OK...
		RUN maildir_put one.eml
		C: d NOOP
		S: * 4 EXISTS
		S: d OK...
		C: e SELECT inbox
		S: * OK [CLOSED] ...
		S: * FLAGS ...
		S: * OK [PERMANENTFLAGS ...
		S: * 4 EXISTS
		S: * LIST () "/" INBOX ("OLDNAME" (inbox))
		S* e OK...
	EOT
}

@test "E 4: SEARCH is answered with ESEARCH" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c SEARCH UNSEEN
		S: * ESEARCH (TAG "c") ALL 2:3
		S: c OK...
		C: d UID SEARCH SEEN
		S: * ESEARCH (TAG "d") UID ALL 1
		S: d OK...
		C: e SEARCH DRAFT
		S: * ESEARCH (TAG "e")
		S: e OK...
		C: f SEARCH RETURN (SAVE) SEEN
		S: f OK...
		C: g FETCH $ UID
		S: * 1 FETCH (UID 1)
		S: g OK...
		C: h SEARCH RETURN (COUNT MIN MAX) ALL
		S: * ESEARCH (TAG "h") MIN 1 MAX 3 COUNT 3
		S: h OK...
	EOT
}

@test "E 3: STATUS SIZE and DELETED" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b STATUS INBOX (MESSAGES UNSEEN DELETED SIZE UIDNEXT UIDVALIDITY)
		S: * STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY ${v} UNSEEN 2 SIZE ${n} DELETED 0)
		S: b OK...
	EOT
}

@test "E 16: names and quoted strings are UTF-8" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b CREATE "Müll"
		S: b OK...
		C: c LIST "" M*
		S: * LIST (\HasNoChildren) "/" "Müll"
		S: c OK...
		C: d SELECT "Müll/"
		S* * LIST () "/" "Müll" ("OLDNAME" ("Müll/"))
		S* d OK...
	EOT
	[ -d "$MAILDIR/.M&APw-ll" ]
}

@test "E 7, 8: COPYUID for both forms of MOVE, TRYCREATE" {
	maildir_make .a
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c MOVE 1 nowhere
		S: c NO [TRYCREATE]...
		C: d MOVE 1 a
		S: * OK [COPYUID ${v} 1 1] ...
		S: * 1 EXPUNGE
		S: d OK...
		C: e UID MOVE 3 a
		S: * OK [COPYUID ${v} 3 2] ...
		S: * 2 EXPUNGE
		S: e OK...
	EOT
}

@test "E 21: unsolicited FETCH has UID" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c STORE 2 +FLAGS (\Flagged)
		S: * 2 FETCH (UID 2 FLAGS (\Flagged))
		S: c OK...
	EOT
}

@test "7.5.2: message/global has the form of message/rfc822, there alone" {
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: message/global' '' \
		'Subject: inner' '' 'Text' >"$BED_TMP/global.eml"
	maildir_make .g
	maildir_put -d .g -f S "$BED_TMP/global.eml"
	login_imap <<-'EOT'
		C: a EXAMINE g
		S* a OK...
		C: b FETCH 1 BODY
		S: * 1 FETCH (BODY ("message" "global" NIL NIL NIL "7bit" 24))
		S: b OK...
		C: c ENABLE IMAP4rev2
		S* c OK...
		C: d FETCH 1 BODY
		S: * 1 FETCH (BODY ("message" "global" NIL NIL NIL "7bit" 24 (NIL "inner" ...) ("text" "plain" ...) 3))
		S: d OK...
		C2: a EXAMINE g
		S2* a OK...
		C2: b FETCH 1 BODY
		S2: * 1 FETCH (BODY ("message" "global" NIL NIL NIL "7bit" 24))
		S2: b OK...
	EOT
}
