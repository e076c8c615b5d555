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

@test "E 1: sizes and offsets have 63 bits" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c FETCH 1 BODY.PEEK[]<4294967296.9223372036854775807>
		S~ * 1 FETCH (BODY[]<4294967296> {0}\r\n)\r\n
		S: c OK...
		C: d SEARCH LARGER 4294967296
		S: * ESEARCH (TAG "d")
		S: d OK...
		C: e SEARCH SMALLER 9223372036854775807
		S: * ESEARCH (TAG "e") ALL 1:3
		S: e OK...
		C: f APPEND INBOX {9223372036854775807}
		S: f NO [TOOBIG]...
		C: g SEARCH LARGER 9223372036854775808
		S: g BAD...
	EOT
}

@test "E 5: texts are found by any part of them, keywords by all of it" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c STORE 1 +FLAGS.SILENT ($Junk)
		S* c OK...
		C: d SEARCH KEYWORD $Jun
		S: * ESEARCH (TAG "d")
		S: d OK...
		C: e SEARCH KEYWORD $JUNK
		S: * ESEARCH (TAG "e") ALL 1
		S: e OK...
		C: f SEARCH SUBJECT irs
		S: * ESEARCH (TAG "f") ALL 1
		S: f OK...
		C: g SEARCH HEADER Subject IRS
		S: * ESEARCH (TAG "g") ALL 1
		S: g OK...
	EOT
}

# pieces <header: BODYSTRUCTURE without and with IMAP4rev2.
pieces() {
	{
		cat
		printf '%s\n' '' 'Text'
	} >"$BED_TMP/pieces.eml"
	maildir_make .p
	maildir_put -d .p -f S "$BED_TMP/pieces.eml"
	login_imap <<-EOT
		C: a EXAMINE p
		S* a OK...
		C: b FETCH 1 BODY
		S~ * 1 FETCH (BODY ("text" "plain" ($1 "charset" "us-ascii") NIL NIL "7bit" 6 1))\\r\\n
		S: b OK...
		C: c ENABLE IMAP4rev2
		S* c OK...
		C: d FETCH 1 BODY
		S~ * 1 FETCH (BODY ("text" "plain" ($2 "charset" "us-ascii") NIL NIL "7bit" 6 1))\\r\\n
		S: d OK...
	EOT
}

@test "E 6: a parameter in pieces is one (RFC 2231)" {
	pieces '"name*0" "long " "name*1" "name" "x" "y"' \
		'"name" "long name" "x" "y"' <<-'EOT'
		Content-Type: text/plain; name*0="long "; name*1=name; x=y
	EOT
}

@test "E 6: and with a charset it is UTF-8, its star stays (RFC 9051 7.5.2)" {
	pieces "\"name*0*\" \"iso-8859-1'de'%E4b\" \"name*1\" \"%cd\"" \
		'"name*" {6}\r\näb%cd' <<-'EOT'
		Content-Type: text/plain; name*0*=iso-8859-1'de'%E4b; name*1="%cd"
	EOT
}

@test "E 6: pieces without the first, or beside the whole, stay as they are" {
	pieces '"a*1" "b" "c*0" "d" "c" "e" "*" "f" "g*" "h"' \
		'"a*1" "b" "c*0" "d" "c" "e" "*" "f" "g*" "h"' <<-'EOT'
		Content-Type: text/plain; a*1=b; c*0=d; c=e; *=f; g*=h
	EOT
}

@test "E 8: COPY and MOVE make no mailbox" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c COPY 1 new
		S: c NO [TRYCREATE]...
		C: d UID MOVE 1 new
		S: d NO [TRYCREATE]...
		C: e LIST "" *
		S: * LIST (\HasNoChildren) "/" INBOX
		S: e OK...
	EOT
}

@test "E 15: the keywords that clients share are kept" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c STORE 2 +FLAGS ($MDNSent $Forwarded $Junk $NonJunk $Phishing)
		S* * 2 FETCH (UID 2 FLAGS ($MDNSent $Forwarded $Junk $NonJunk $Phishing))
		S: c OK...
	EOT
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 2 FLAGS
		S: * 2 FETCH (FLAGS ($MDNSent $Forwarded $Junk $NonJunk $Phishing))
		S: b OK...
	EOT
}

@test "E 16: names are no UTF-7 there, and headers may have UTF-8" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b CREATE "a&b"
		S: b OK...
		C: c LIST "" a*
		S: * LIST (\HasNoChildren) "/" a&b
		S: c OK...
		C~ d APPEND "a&b" {24+}\r\nSubject: grün\r\n\r\nText\r\n\r\n
		S: d OK [APPENDUID ...
		C: e EXAMINE "a&b"
		S* e OK...
		C: f SEARCH SUBJECT "RÜN"
		S: * ESEARCH (TAG "f") ALL 1
		S: f OK...
	EOT
}

@test "E 17, 18, 19: what is deprecated works for those who still use it" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c CHECK
		S: c OK...
		C: d SUBSCRIBE INBOX
		S: d OK...
		C: e LSUB "" *
		S: * LSUB () "/" INBOX
		S: e OK...
		C: f LIST (SUBSCRIBED) "" *
		S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S: f OK...
		C: g FETCH 1 RFC822.SIZE
		S: * 1 FETCH (RFC822.SIZE ...)
		S: g OK...
		C: h FETCH 2 RFC822.HEADER
		S: * 2 FETCH (RFC822.HEADER {...
		S* h OK...
	EOT
}
