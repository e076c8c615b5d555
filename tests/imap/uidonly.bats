# UIDONLY (RFC 9586): no message numbers, neither in commands nor in answers.

load ../lib/bed
load ../lib/found

@test "without the option it is not offered, and ENABLE leaves it out" {
	box
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...
		S: a OK...
		C: b ENABLE UIDONLY CONDSTORE
		S: * ENABLED CONDSTORE
		S: b OK...
		C: c SELECT INBOX
		S* c OK...
		C: d FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS (\Seen))
		S: d OK...
	EOT
	! grep -aqE 'UIDONLY|UIDBATCHES' "$BED_TMP"/raw/*
}

@test "3.1: UIDONLY is enabled by ENABLE, and changes nothing before" {
	box
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* * OK [UNSEEN 2]...
		S* a OK...
		C: b UID FETCH 3 (FLAGS)
		S: * 3 FETCH (UID 3 FLAGS ())
		S: b OK...
		C: c ENABLE UIDONLY
		S: * ENABLED UIDONLY
		S: c OK...
		C: d UID FETCH 3 (FLAGS)
		S: * 3 UIDFETCH (FLAGS ())
		S: d OK...
	EOT
}

# in_mode <transcript: UIDONLY is enabled, INBOX selected.
in_mode() {
	{
		printf '%s\n' 'C: a ENABLE UIDONLY' 'S* a OK...' \
			'C: b SELECT INBOX' 'S* b OK...'
		cat
	} >"$BED_TMP/script"
	login_imap --uidonly <"$BED_TMP/script"
}

# refused COMMAND...: BAD [UIDREQUIRED], and the session goes on.
refused() {
	local command

	for command; do
		printf 'C: x %s\nS: x BAD [UIDREQUIRED] ...\n' "$command"
		printf 'C: y NOOP\nS: y OK...\n'
	done >"$BED_TMP/refused"
	in_mode <"$BED_TMP/refused"
}

@test "3.2: FETCH, STORE, SEARCH, COPY, MOVE, SORT and THREAD need UID" {
	box
	refused 'FETCH 1 FLAGS' 'FETCH 1:* (UID)' 'FETCH * FLAGS' \
		'FETCH $ FLAGS' 'STORE 1 +FLAGS (\Seen)' 'SEARCH ALL' \
		'SEARCH UID 2' 'SEARCH RETURN (COUNT) ALL' 'COPY 1 INBOX' \
		'MOVE 1 INBOX' 'SORT (DATE) UTF-8 ALL' \
		'THREAD REFERENCES UTF-8 ALL'
}

@test "3.8: REPLACE needs UID, and its message is not asked for" {
	box
	refused 'REPLACE 1 INBOX {5}' 'SEARCH SUBJECT {7}'
	in_mode <<-'EOT'
		C~ c REPLACE 1 INBOX {9+}\r\nA: b\r\n\r\nc\r\n
		S: c BAD [UIDREQUIRED]...
		C: d STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 6)
		S: d OK...
	EOT
}

@test "3.5: message numbers are no search keys, in SEARCH, SORT, THREAD, ESEARCH" {
	box
	refused 'UID SEARCH 1:2' 'UID SEARCH *' 'UID SEARCH NOT (1)' \
		'UID SEARCH OR 1 UID 2' 'UID SEARCH UNSEEN 1' \
		'UID SEARCH RETURN (ALL) 1' 'UID SORT (DATE) UTF-8 1:2' \
		'UID THREAD REFERENCES UTF-8 1' 'ESEARCH IN (selected) 1:2' \
		'ESEARCH 1'
}

@test "3.2: the forms with UID work, with * and with $ too" {
	box
	in_mode <<-'EOT'
		C: c UID SEARCH ALL
		S: * SEARCH 1 2 3 4 5 6
		S: c OK...
		C: d UID SEARCH UID 2:* FROM carol
		S: * SEARCH 3
		S: d OK...
		C: e UID SEARCH RETURN (MIN MAX COUNT) UID 2:4
		S: * ESEARCH (TAG "e") UID MIN 2 MAX 4 COUNT 3
		S: e OK...
		C: f UID SORT (REVERSE ARRIVAL) UTF-8 UID 1:3
		S: * SORT 3 2 1
		S: f OK...
		C: g UID THREAD ORDEREDSUBJECT UTF-8 UID 3
		S: * THREAD (3)
		S: g OK...
		C: h UID SEARCH RETURN (SAVE) UID 4:5
		S: h OK...
		C: i UID FETCH $ (FLAGS)
		S: * 4 UIDFETCH (FLAGS ())
		S: * 5 UIDFETCH (FLAGS ())
		S: i OK...
		C: j UID SEARCH $ UID 5
		S: * SEARCH 5
		S: j OK...
		C: k UID FETCH * (FLAGS)
		S: * 6 UIDFETCH (FLAGS ())
		S: k OK...
		C: l ESEARCH IN (selected) UID 2
		S: * ESEARCH (TAG "l" MAILBOX INBOX UIDVALIDITY ...) UID ALL 2
		S: l OK...
	EOT
}

@test "3.3: UIDFETCH names the UID first, and again only when it was asked for" {
	box
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID STORE 1,3 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S* c OK...
		C: d ENABLE UIDONLY
		S* d OK...
		C: e UID FETCH 1:* (FLAGS)
		S: * 2 UIDFETCH (FLAGS (\Answered \Flagged))
		S: * 4 UIDFETCH (FLAGS ())
		S: * 5 UIDFETCH (FLAGS ())
		S: * 6 UIDFETCH (FLAGS ())
		S: e OK...
		C: f UID FETCH 4 (UID RFC822.SIZE)
		S: * 4 UIDFETCH (UID 4 RFC822.SIZE ...)
		S: f OK...
		C: g UID FETCH 6 UID
		S: * 6 UIDFETCH (UID 6)
		S: g OK...
		C: h UID FETCH 4 BODY[TEXT]<0.4>
		S: * 4 UIDFETCH (FLAGS (\Seen) BODY[TEXT]<0> {4}...
		S* h OK...
	EOT
}

@test "3.3: STORE answers with UIDFETCH, with MODSEQ for who has CONDSTORE" {
	box
	in_mode <<-'EOT'
		C: c UID STORE 4,6 +FLAGS (\Flagged)
		S: * 4 UIDFETCH (FLAGS (\Flagged))
		S: * 6 UIDFETCH (FLAGS (\Flagged))
		S: c OK...
		C: d UID STORE 5 +FLAGS.SILENT (\Flagged)
		S: d OK...
		C: e ENABLE CONDSTORE
		S* e OK...
		C: f UID STORE 4 -FLAGS (\Flagged)
		S: * 4 UIDFETCH (FLAGS () MODSEQ (${m}))
		S: f OK...
		C: g UID STORE 6 -FLAGS.SILENT (\Flagged)
		S: * 6 UIDFETCH (MODSEQ (${n}))
		S: g OK...
		C: h UID STORE 4,5 (UNCHANGEDSINCE 1) +FLAGS (\Draft)
		S: * 4 UIDFETCH (FLAGS () MODSEQ (${m}))
		S: * 5 UIDFETCH (FLAGS (\Flagged) MODSEQ (...))
		S: h OK [MODIFIED 4:5]...
	EOT
}

@test "3.4, 3.6: EXPUNGE, UID EXPUNGE and UID MOVE are told by VANISHED" {
	maildir_make .Old
	box
	in_mode <<-'EOT'
		C: c UID STORE 1:2,4 +FLAGS.SILENT (\Deleted)
		S: c OK...
		C: d UID EXPUNGE 4
		S: * VANISHED 4
		S: d OK...
		C: e EXPUNGE
		S: * VANISHED 1:2
		S: e OK...
		C: f UID MOVE 5 Old
		S: * OK [COPYUID ... 5 1]...
		S: * VANISHED 5
		S: f OK...
		C: g UID COPY 3 Old
		S: g OK [COPYUID ... 3 2]...
		C: h UID FETCH 1:* FLAGS
		S: * 3 UIDFETCH (FLAGS ())
		S: * 6 UIDFETCH (FLAGS ())
		S: h OK...
	EOT
}

@test "3.6: UID REPLACE answers with APPENDUID, EXISTS and VANISHED" {
	box
	in_mode <<-'EOT'
		C~ c UID REPLACE 3 INBOX {9+}\r\nA: b\r\n\r\nc\r\n
		S: * OK [APPENDUID ... 7]...
		S+ * VANISHED 3
		S+ * 6 EXISTS
		S+ * ... RECENT
		S: c OK...
	EOT
}

@test "3.6: what others did is told without numbers; EXISTS stays" {
	box
	in_mode <<-'EOT'
		RUN rm "$MAILDIR"/cur/*.M2P*
		RUN mv "$MAILDIR"/cur/*.M4P* "$MAILDIR/cur/1700000004.M4P1.bed:2,F"
		RUN maildir_put one.eml
		C: c NOOP
		S: * VANISHED 2
		S: * 6 EXISTS
		S* * 4 UIDFETCH (FLAGS (\Flagged))
		S* c OK...
	EOT
}

@test "3.6: SELECT and EXAMINE do not say UNSEEN, which is a number" {
	box
	login_imap --uidonly <<-'EOT'
		C: a ENABLE UIDONLY
		S* a OK...
		C: b SELECT INBOX
		S: * FLAGS ...
		S: * OK [PERMANENTFLAGS ...
		S: * 6 EXISTS
		S: * ... RECENT
		S: * OK [UIDVALIDITY ...
		S: * OK [UIDNEXT 7]...
		S: * OK [MAILBOXID ...
		S: * OK [HIGHESTMODSEQ ...
		S: b OK...
	EOT
}

@test "3.7: QRESYNC takes no pairs of numbers and UIDs, and works without" {
	box
	login_imap --uidonly <<-'EOT'
		C: a ENABLE UIDONLY QRESYNC
		S* a OK...
		C: b SELECT INBOX
		S* * OK [UIDVALIDITY ${v}]...
		S* * OK [HIGHESTMODSEQ ${m}]...
		S* b OK...
		C: c UID STORE 3 +FLAGS.SILENT (\Deleted)
		S* c OK...
		C: d UID EXPUNGE 3
		S: * VANISHED 3
		S: d OK [HIGHESTMODSEQ ...
		C: e UID STORE 1 +FLAGS.SILENT (\Draft)
		S: * 1 UIDFETCH (MODSEQ (${n}))
		S: e OK...
		C: f SELECT INBOX (QRESYNC (${v} ${m} 1:6 (1:2 1:2)))
		S: f BAD [UIDREQUIRED]...
		C: g SELECT INBOX (QRESYNC (${v} ${m} 1:6))
		S* * VANISHED (EARLIER) 3
		S* * 1 UIDFETCH (FLAGS (\Seen \Draft) MODSEQ (${n}))
		S* g OK...
		C: h UID FETCH 1:6 (FLAGS) (CHANGEDSINCE ${m} VANISHED)
		S: * VANISHED (EARLIER) 3
		S: * 1 UIDFETCH (MODSEQ (${n}) FLAGS (\Seen \Draft))
		S: h OK...
	EOT
}

@test "UIDFETCH comes during IDLE" {
	box
	in_mode <<-'EOT'
		C: c IDLE
		S: + ...
		RUN mv "$MAILDIR"/cur/*.M3P* "$MAILDIR/cur/1700000003.M3P1.bed:2,S"
		S: * 3 UIDFETCH (FLAGS (\Seen))
		RUN rm "$MAILDIR"/cur/*.M4P*
		S: * VANISHED 4
		C: DONE
		S: c OK...
	EOT
}

@test "NOTIFY tells new messages, changes and expunges without numbers" {
	box
	in_mode <<-'EOT'
		C: c NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))
		S* c OK...
		RUN maildir_put one.eml
		S: * 7 EXISTS
		S* * 7 UIDFETCH (UID 7 FLAGS (\Recent))
		RUN mv "$MAILDIR"/cur/*.M3P* "$MAILDIR/cur/1700000003.M3P1.bed:2,S"
		S: * 3 UIDFETCH (FLAGS (\Seen))
		RUN rm "$MAILDIR"/cur/*.M4P*
		S: * VANISHED 4
		C: d NOOP
		S: d OK...
	EOT
}

@test "CONTEXT: what comes into a result, and goes, is named by UID" {
	box
	in_mode <<-'EOT'
		C: c UID SEARCH RETURN (UPDATE ALL) UNSEEN
		S: * ESEARCH (TAG "c") UID ALL 2:6
		S: c OK...
		C: d UID STORE 3 +FLAGS (\Seen)
		S+ * 3 UIDFETCH (FLAGS (\Seen))
		S+ * ESEARCH (TAG "c") UID REMOVEFROM (0 3)
		S: d OK...
		C: e CLOSE
		S: e OK...
	EOT
}
