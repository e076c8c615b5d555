# REPLACE and UID REPLACE (RFC 8508).

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f D one.eml two.eml
	maildir_make .Sent
}

@test "the new message comes before the old one goes (RFC 8508 4.3)" {
	login_imap <<-'EOT'
		C: 0 REPLACE 1 INBOX {3}
		S: 0 BAD...
		C: a SELECT INBOX
		S* a OK...
		C: b REPLACE 1 INBOX (\Draft \Seen) {5}
		S: + ...
		C: a: b1
		S: * OK [APPENDUID ${v} 3] ...
		S: * 1 EXPUNGE
		S: * 2 EXISTS
		S: * 1 RECENT
		S: b OK...
		C: c UID REPLACE 2 Sent "1-Jan-2020 10:20:30 +0000" {5+}
		C: a: b2
		S: * OK [APPENDUID ${w} 1] ...
		S: * 1 EXPUNGE
		S: c OK...
		C: d FETCH 1 (UID FLAGS)
		S: * 1 FETCH (UID 3 FLAGS (\Seen \Draft \Recent))
		S: d OK...
	EOT
	(($(maildir_count .Sent) == 1))
}

@test "what fails leaves the old message (RFC 8508 3.4)" {
	login_imap --max-message=100 <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b REPLACE 1 nothere {5}
		S: b NO [TRYCREATE] ...
		C: c REPLACE 1 INBOX {101}
		S: c NO [TOOBIG] ...
		C: d REPLACE 9 INBOX {5}
		S: d NO...
		C: e UID REPLACE 9 INBOX {5+}
		C: a: b1
		S: e NO...
		C: f REPLACE 1 INBOX {5+}
		C: a: b1 {5+}
		C: a: b2
		S: f BAD...
		C: g REPLACE 1:2 INBOX {5}
		S: g BAD...
		C: h EXAMINE INBOX
		S* h OK...
		C: i REPLACE 1 Sent {5}
		S: i NO [READ-ONLY] ...
	EOT
	(($(maildir_count) == 2))
	(($(maildir_count .Sent) == 0))
}

@test "1: nothing is inherited, and no STORE of \\Deleted is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Flagged $Work)
		S* b OK...
		C: c UID REPLACE 1 INBOX {5+}
		C: a: b1
		S: * OK [APPENDUID ... 3] ...
		S: * 1 EXPUNGE
		S: * 2 EXISTS
		S: * 1 RECENT
		S: c OK...
		C: d UID FETCH 3 FLAGS
		S: * 2 FETCH (UID 3 FLAGS (\Recent))
		S: d OK...
	EOT
}

@test "4.4: with QRESYNC the old message has VANISHED, and there is a new modseq" {
	login_imap <<-'EOT'
		C: a ENABLE QRESYNC
		S* a OK...
		C: b SELECT INBOX
		S* * OK [UIDVALIDITY ${v}] ...
		S* * OK [HIGHESTMODSEQ ${m}] ...
		S* b OK...
		C: c UID REPLACE 1 INBOX {5+}
		C: a: b1
		S: * OK [APPENDUID ${v} 3] ...
		S+ * VANISHED 1
		S+ * 2 EXISTS
		S+ * 1 RECENT
		S: c OK [HIGHESTMODSEQ ${n}] ...
		C: d UNSELECT
		S: d OK...
		C: e SELECT INBOX (QRESYNC (${v} ${m}))
		S* * VANISHED (EARLIER) 1
		S: * 2 FETCH (UID 3 FLAGS () MODSEQ (...))
		S: e OK...
	EOT
}

@test "another session sees the new message and that the old one went" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C: b REPLACE 2 Sent {5+}
		C: a: b1
		S* b OK...
		C2: b NOOP
		S2: * 2 EXPUNGE
		S2: b OK...
		C2: c STATUS Sent (MESSAGES)
		S2: * STATUS Sent (MESSAGES 1)
		S2: c OK...
	EOT
}
