# CONTEXT=SEARCH, CONTEXT=SORT (RFC 5267 4): results that stay alive, with the
# FETCH of new ones that RFC 5465 7 adds.  PARTIAL has a file of its own.

load ../lib/bed
load ../lib/found

@test "4.1: advertised, with SORT and ESORT; CONTEXT is a hint" {
	box
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... SORT ...ESORT ...CONTEXT=SEARCH CONTEXT=SORT...
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c SEARCH RETURN (CONTEXT COUNT) SEEN
		S: * ESEARCH (TAG "c") COUNT 1
		S: c OK...
		C: d UID SORT RETURN (CONTEXT) (REVERSE ARRIVAL) UTF-8 1:3
		S: * ESEARCH (TAG "d") UID
		S: d OK...
	EOT
}

@test "4.3, 4.3.2: flags change a result, told behind the FETCH; UIDs for UID SEARCH, numbers else" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: B01 UID SEARCH RETURN (UPDATE COUNT) FLAGGED
		S: * ESEARCH (TAG "B01") UID COUNT 1
		S: B01 OK...
		C: B02 SEARCH RETURN (UPDATE MIN) UNFLAGGED
		S: * ESEARCH (TAG "B02") MIN 1
		S: B02 OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		C: b NOOP
		S: * ESEARCH (TAG "B02") REMOVEFROM (0 1)
		S: * 1 EXPUNGE
		S: b OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 3:4 +FLAGS.SILENT (\Flagged)
		S2: b OK...
		C: c NOOP
		S: * 3 FETCH (UID 4 FLAGS (\Flagged))
		S: * 4 FETCH (UID 5 FLAGS (\Flagged))
		S: * ESEARCH (TAG "B01") UID ADDTO (0 4:5)
		S: * ESEARCH (TAG "B02") REMOVEFROM (0 3:4)
		S: c OK...
		C: d STORE 1,3 -FLAGS (\Flagged)
		S+ * 1 FETCH (UID 2 FLAGS (\Answered))
		S+ * 3 FETCH (UID 4 FLAGS ())
		S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 2,4)
		S: * ESEARCH (TAG "B02") ADDTO (0 1,3)
		S: d OK...
		C: e STORE 3 +FLAGS.SILENT (\Flagged)
		S: * ESEARCH (TAG "B01") UID ADDTO (0 4)
		S: * ESEARCH (TAG "B02") REMOVEFROM (0 3)
		S: e OK...
		C: f STORE 3 +FLAGS.SILENT (\Seen)
		S: f OK...
	EOT
}

@test "4.3.3: new messages are added after EXISTS, in IDLE as in NOOP" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (UPDATE ALL) FROM carol
		S: * ESEARCH (TAG "b") ALL 3
		S: b OK...
		RUN maildir_put three.eml one.eml three.eml
		C: c NOOP
		S: * 9 EXISTS
		S: * 3 RECENT
		S: * ESEARCH (TAG "b") ADDTO (0 7,9)
		S: c OK...
		C: d IDLE
		S: + ...
		RUN maildir_put one.eml
		S: * 10 EXISTS
		S: * 4 RECENT
		RUN maildir_put three.eml
		S: * 11 EXISTS
		S: * 5 RECENT
		S: * ESEARCH (TAG "b") ADDTO (0 11)
		C: DONE
		S: d OK...
	EOT
}

@test "4.3.4: REMOVEFROM comes before EXPUNGE, and also where EXPUNGE must wait" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (UPDATE) ALL
		S: * ESEARCH (TAG "b")
		S: b OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: c FETCH 1 UID
		S: * 1 FETCH (UID 1)
		S: * ESEARCH (TAG "b") REMOVEFROM (0 2)
		S: c OK...
		C: d FETCH 3 UID
		S: * 3 FETCH (UID 3)
		S: d OK...
		RUN rm "$MAILDIR"/cur/*.M5P*
		C: e NOOP
		S: * ESEARCH (TAG "b") REMOVEFROM (0 5)
		S: * 5 EXPUNGE
		S: * 2 EXPUNGE
		S: e OK...
		C: f STORE 1,2 +FLAGS.SILENT (\Deleted)
		S: f OK...
		C: g EXPUNGE
		S: * ESEARCH (TAG "b") REMOVEFROM (0 1:2)
		S: * 2 EXPUNGE
		S: * 1 EXPUNGE
		S: g OK...
		C: h ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: * OK [HIGHESTMODSEQ ...] ...
		S: h OK...
		RUN rm "$MAILDIR"/cur/*.M4P*
		C: i NOOP
		S: * ESEARCH (TAG "b") REMOVEFROM (0 1)
		S: * VANISHED 4
		S: i OK...
	EOT
}

@test "4.3: message numbers of the program mean what they meant; UIDs and * go on" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SEARCH RETURN (UPDATE COUNT) 2:4 UNSEEN
		S: * ESEARCH (TAG "b") UID COUNT 3
		S: b OK...
		C: c UID SEARCH RETURN (UPDATE COUNT) UID 5:* UNSEEN
		S: * ESEARCH (TAG "c") UID COUNT 2
		S: c OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		C: d NOOP
		S: * 1 EXPUNGE
		S: d OK...
		C: e UID STORE 5,2 +FLAGS.SILENT (\Seen)
		S: * ESEARCH (TAG "b") UID REMOVEFROM (0 2)
		S: * ESEARCH (TAG "c") UID REMOVEFROM (0 5)
		S: e OK...
		RUN maildir_put one.eml
		C: f NOOP
		S: * 6 EXISTS
		S: * 1 RECENT
		S: * ESEARCH (TAG "c") UID ADDTO (0 7)
		S: f OK...
	EOT
}

# letters SUBJECT...: a file of each, to be put when it is time.
letters() {
	local s

	for s; do
		printf 'From: a@example.org\nSubject: %s\n\nbody\n' "$s" \
			>"$BED_TMP/$s.eml"
	done
}

@test "4.3.3, 4.3.4: a sorted result keeps its order, by positions" {
	letters mango apple pear banana quince aardvark cherry date zucchini
	maildir_put -f - "$BED_TMP"/{mango,apple,pear,banana,quince}.eml
	# In order: apple 2, banana 4, mango 1, pear 3, quince 5.
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNDELETED
		S: * ESEARCH (TAG "b") UID ALL 2,4,1,3,5
		S: b OK...
		C: c UID STORE 4,3 +FLAGS.SILENT (\Deleted)
		S: * ESEARCH (TAG "b") UID REMOVEFROM (2 4 3 3)
		S: c OK...
		RUN maildir_put "$BED_TMP"/{aardvark,cherry,date,zucchini}.eml
		C: d NOOP
		S: * 9 EXISTS
		S: * 4 RECENT
		S: * ESEARCH (TAG "b") UID ADDTO (1 6 3 7:8 7 9)
		S: d OK...
		C: e UID STORE 2,6 +FLAGS.SILENT (\Deleted)
		S: * ESEARCH (TAG "b") UID REMOVEFROM (1 6,2)
		S: e OK...
		C: f EXPUNGE
		S: * 6 EXPUNGE
		S: * 4 EXPUNGE
		S: * 3 EXPUNGE
		S: * 2 EXPUNGE
		S: * 3 RECENT
		S: f OK...
		C: g UID SORT RETURN (ALL) (SUBJECT) UTF-8 UNDELETED
		S: * ESEARCH (TAG "g") UID ALL 7:8,1,5,9
		S: g OK...
		RUN rm "$MAILDIR"/cur/*.M8P* "$MAILDIR"/cur/*.M5P*
		C: h NOOP
		S: * ESEARCH (TAG "b") UID REMOVEFROM (2 8 3 5)
		S: * 4 EXPUNGE
		S: * 2 EXPUNGE
		S: * 2 RECENT
		S: h OK...
	EOT
}

@test "4.3.2: SORT without UID follows message numbers" {
	letters mango apple pear nectarine
	maildir_put -f - "$BED_TMP"/{mango,apple,pear}.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SORT RETURN (UPDATE ALL) (REVERSE SUBJECT) UTF-8 ALL
		S: * ESEARCH (TAG "b") ALL 3,1:2
		S: b OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		RUN maildir_put "$BED_TMP/nectarine.eml"
		C: c NOOP
		S: * ESEARCH (TAG "b") REMOVEFROM (2 1)
		S: * 1 EXPUNGE
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * ESEARCH (TAG "b") ADDTO (2 3)
		S: c OK...
	EOT
}

@test "4.3: a tag in use is BAD, and has no effect; free again after CANCELUPDATE" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: B01 UID SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "B01") UID COUNT 1
		S: B01 OK...
		C: B01 SORT RETURN (UPDATE) (DATE) UTF-8 FLAGGED
		S: B01 BAD...
		C: B01 ESEARCH RETURN (UPDATE) FLAGGED
		S: B01 BAD...
		C: B01 SEARCH RETURN (COUNT) FLAGGED
		S: * ESEARCH (TAG "B01") COUNT 1
		S: B01 OK...
		C: c CANCELUPDATE "B01"
		S: c OK...
		C: d STORE 1 -FLAGS.SILENT (\Seen)
		S: d OK...
		C: B01 SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "B01") COUNT 0
		S: B01 OK...
	EOT
}

@test "4.3.5: CANCELUPDATE ends those it names" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "b") COUNT 1
		S: b OK...
		C: c SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "c") COUNT 1
		S: c OK...
		C: d SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "d") COUNT 1
		S: d OK...
		C: e CANCELUPDATE "b" "d" "b"
		S: e OK...
		C: f STORE 2 +FLAGS.SILENT (\Seen)
		S: * ESEARCH (TAG "c") ADDTO (0 2)
		S: f OK...
		C: g CANCELUPDATE "nobody"
		S: g NO...
		C: h CANCELUPDATE
		S: h BAD...
		C: i CANCELUPDATE c
		S: i BAD...
	EOT
}

@test "4.3: updates end with the mailbox" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (UPDATE COUNT) SEEN
		S: * ESEARCH (TAG "b") COUNT 1
		S: b OK...
		C: c SELECT INBOX
		S* c OK...
		C: d STORE 2 +FLAGS.SILENT (\Seen)
		S: d OK...
		C: e UNSELECT
		S: e OK...
		C: f CANCELUPDATE "b"
		S: f BAD...
	EOT
}

@test "4.3.1: refused updates get NOUPDATE, and the rest of the answer" {
	local i

	box
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		$(for i in {1..16}; do
			printf 'C: s%s SEARCH RETURN (UPDATE COUNT) SEEN\n' $i
			printf 'S: * ESEARCH (TAG "s%s") COUNT 1\nS: s%s OK...\n' $i $i
		done)
		C: b UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 SEEN
		S: * ESEARCH (TAG "b") UID COUNT 1
		S: * NO [NOUPDATE "b"] ...
		S: b OK...
		C: c CANCELUPDATE "s1"
		S: c OK...
		C: d SEARCH RETURN (UPDATE COUNT) YOUNGER 100
		S: * ESEARCH (TAG "d") COUNT 0
		S: * NO [NOUPDATE "d"] ...
		S: d OK...
		C: b UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 SEEN
		S: * ESEARCH (TAG "b") UID COUNT 1
		S: b OK...
	EOT
}

@test "4.4: one PARTIAL or one ALL; UPDATE is about all results" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL
		S: b BAD...
		C: c SEARCH RETURN (PARTIAL 1:2 ALL) ALL
		S: c BAD...
		C: d UID SEARCH RETURN (UPDATE PARTIAL 2:1) UNANSWERED
		S: * ESEARCH (TAG "d") UID PARTIAL (2:1 1,3)
		S: d OK...
		C: e STORE 6 +FLAGS.SILENT (\Answered)
		S: * ESEARCH (TAG "d") UID REMOVEFROM (0 6)
		S: e OK...
	EOT
}

@test "RFC 5465 7: UPDATE may ask for FETCH of new results: behind EXISTS, before ESEARCH, no more for flags" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH RETURN (COUNT UPDATE (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])) FROM carol
		S: * ESEARCH (TAG "b") COUNT 1
		S: b OK...
		C: c UID SEARCH RETURN (UPDATE (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]) COUNT) UNFLAGGED
		S: * ESEARCH (TAG "c") UID COUNT 5
		S: c OK...
		RUN maildir_put one.eml three.eml
		C: d NOOP
		S: * 8 EXISTS
		S: * 2 RECENT
		S: * 7 FETCH (UID 7 FLAGS (\Recent) BODY[HEADER.FIELDS (SUBJECT)] {...}
		S: Subject: ...
		S:
		S: )
		S: * 8 FETCH (UID 8 FLAGS (\Recent) RFC822.SIZE ... BODY[HEADER.FIELDS (SUBJECT)] {...}
		S: Subject: ...
		S:
		S: )
		S: * ESEARCH (TAG "b") ADDTO (0 8)
		S: * ESEARCH (TAG "c") UID ADDTO (0 7:8)
		S: d OK...
		C: e STORE 2 -FLAGS.SILENT (\Flagged)
		S: * ESEARCH (TAG "c") UID ADDTO (0 2)
		S: e OK...
		C: f SEARCH RETURN (UPDATE (NOTHING)) ALL
		S: f BAD...
		C: g SEARCH RETURN (UPDATE ()) ALL
		S: g BAD...
	EOT
}

@test "RFC 7377 2.2: ESEARCH follows the selected mailbox alone, and needs one" {
	box
	maildir_make .Work
	maildir_put -d .Work -f S one.eml
	login_imap <<-'EOT'
		C: a ESEARCH IN (personal) RETURN (UPDATE COUNT) SEEN
		S: a BAD...
		C: b SELECT INBOX
		S* b OK...
		C: c ESEARCH IN (personal) RETURN (UPDATE COUNT) SEEN
		S+ * ESEARCH (TAG "c" MAILBOX INBOX UIDVALIDITY ...) UID COUNT 1
		S+ * ESEARCH (TAG "c" MAILBOX Work UIDVALIDITY ...) UID COUNT 1
		S: c OK...
		RUN maildir_put -d .Work -f S one.eml
		C: d STORE 2 +FLAGS.SILENT (\Seen)
		S: * ESEARCH (TAG "c" MAILBOX INBOX UIDVALIDITY ...) UID ADDTO (0 2)
		S: d OK...
	EOT
}

@test "a program of a literal and of text lives longer than its command" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C~ b SEARCH RETURN (UPDATE COUNT) CHARSET UTF-8 OR (BODY {7+}\r\nline 12 KEYWORD $Work) (SUBJECT "first" EMAILID x)\r\n
		S: * ESEARCH (TAG "b") COUNT 0
		S: b OK...
		C~ c NOOP\r\nd NOOP\r\ne STATUS INBOX (MESSAGES)\r\n
		S: c OK...
		S: d OK...
		S: * STATUS INBOX (MESSAGES 6)
		S: e OK...
		C: f STORE 1:6 +FLAGS.SILENT ($Work)
		S* * ESEARCH (TAG "b") ADDTO (0 2)
		S: f OK...
	EOT
}
