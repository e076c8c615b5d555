# What each of several sessions may be told, and when (RFC 2180; RFC 9051 5.5
# and 7.5.1): the numbers that a client knows mean the same messages until it
# hears otherwise.

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f S one.eml two.eml three.eml one.eml two.eml
}

@test "SEARCH by number tells no EXPUNGE, UID SEARCH does, unless it has numbers" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: b SEARCH 1:5
		S: * SEARCH ...
		S: b OK...
		C: c UID SEARCH 1:5
		S: * SEARCH 1 3 4 5
		S: c OK...
		C: d UID SEARCH OR SEEN (2 NOT 3:5)
		S: * SEARCH 1 3 4 5
		S: d OK...
		C: e UID SEARCH UID 1:5
		S: * SEARCH 1 3 4 5
		S: * 2 EXPUNGE
		S: e OK...
		C: f SEARCH ALL
		S: * SEARCH 1 2 3 4
		S: f OK...
	EOT
}

@test "the same for SORT, THREAD and COPY" {
	maildir_make .a
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		C: b SORT (ARRIVAL) UTF-8 ALL
		S: * SORT 2 3 4 5
		S: b OK...
		C: c THREAD REFERENCES UTF-8 2:3
		S: * THREAD ...
		S: c OK...
		C: d COPY 3 a
		S: d OK...
		C: e UID COPY 3 a
		S* * 1 EXPUNGE
		S: e OK...
	EOT
}

@test "RFC 2180 4.4.1: COPY of messages of which some are gone copies none" {
	maildir_make .a
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: b COPY 1:3 a
		S: b NO [EXPUNGEISSUED] ...
		C: c STATUS a (MESSAGES)
		S: * STATUS a (MESSAGES 0)
		S: * 2 EXPUNGE
		S: c OK...
	EOT
}

@test "RFC 2180 4.1: reading and storing by UID what is gone is no error" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: b UID FETCH 2 (FLAGS BODY.PEEK[TEXT]<0.1>)
		S: * 2 EXPUNGE
		S: b OK...
		RUN rm "$MAILDIR"/cur/*.M3P*
		C: c UID STORE 3 +FLAGS (\Flagged)
		S: * 2 EXPUNGE
		S: c OK...
		C: d UID COPY 3 INBOX
		S: d OK...
	EOT
}

@test "a number is given to nobody else before its EXPUNGE is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M5P*
		RUN maildir_put -f S three.eml
		C: b FETCH 1 UID
		S: * 1 FETCH (UID 1)
		S: * 6 EXISTS
		S: * 0 RECENT
		S: b OK...
		C: b FETCH 5 UID
		S: b NO [EXPUNGEISSUED] ...
		C: c FETCH 6 UID
		S: * 6 FETCH (UID 6)
		S: c OK...
		C: d NOOP
		S: * 5 EXPUNGE
		S: d OK...
		C: e FETCH 5 UID
		S: * 5 FETCH (UID 6)
		S: e OK...
	EOT
}

@test "three sessions: each hears once, at its own time" {
	login_imap <<-'EOT'
		C1: a SELECT INBOX
		S1* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C3: a SELECT INBOX (CONDSTORE)
		S3* a OK...
		C1: b STORE 4 +FLAGS.SILENT (\Deleted)
		S1: b OK...
		C2: b STORE 1 +FLAGS.SILENT (\Flagged)
		S2: * 4 FETCH (UID 4 FLAGS (\Deleted \Seen))
		S2: b OK...
		C1: c EXPUNGE
		S1: * 4 EXPUNGE
		S1: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen))
		S1: c OK...
		C3: b FETCH 5 UID
		S3: * 5 FETCH (UID 5)
		S3: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen) MODSEQ (...))
		S3: b OK...
		C3: c FETCH 4 UID
		S3: c NO [EXPUNGEISSUED] ...
		C3: d NOOP
		S3: * 4 EXPUNGE
		S3: d OK...
		C2: c NOOP
		S2: * 4 EXPUNGE
		S2: c OK...
		C1: d NOOP
		S1: d OK...
		C2: d NOOP
		S2: d OK...
	EOT
}

@test "EXAMINE sees what others do, and \\Recent stays with who had it" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* * 1 RECENT
		S* a OK [READ-ONLY]...
		C2: a SELECT INBOX
		S2* * 1 RECENT
		S2* a OK...
		C2: b STORE 6 +FLAGS.SILENT (\Answered)
		S2: b OK...
		C: b NOOP
		S: * 6 FETCH (UID 6 FLAGS (\Answered \Recent))
		S: b OK...
		C: c STORE 6 FLAGS ()
		S: c NO [READ-ONLY] ...
	EOT
}

@test "a new keyword is named before it is used" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 1 +FLAGS.SILENT (Work)
		S2* b OK...
		C: b CHECK
		S: * FLAGS (...Work...)
		S: * OK [PERMANENTFLAGS (...Work...)] ...
		S: * 1 FETCH (UID 1 FLAGS (\Seen Work))
		S: b OK...
	EOT
}
