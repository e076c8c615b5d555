# MESSAGELIMIT (RFC 9738): how many messages one command may touch, and the
# search keys UIDAFTER and UIDBEFORE.

load ../lib/bed
load ../lib/found

limited() {
	login_imap --message-limit=3
}

@test "3: the limit is announced, and high unless an option lowers it" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... MESSAGELIMIT=10000000...
		S: a OK...
	EOT
	limited <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... MESSAGELIMIT=3...
		S: a OK...
	EOT
}

@test "3.1: FETCH answers for the newest, and names the lowest UID of them" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:5 (UID)
		S+ * 5 FETCH (UID 5)
		S+ * 4 FETCH (UID 4)
		S+ * 3 FETCH (UID 3)
		S: b OK [MESSAGELIMIT 3 3] ...
		C: c UID FETCH 1:* (UID)
		S+ * 6 FETCH (UID 6)
		S+ * 5 FETCH (UID 5)
		S+ * 4 FETCH (UID 4)
		S: c OK [MESSAGELIMIT 3 4] ...
		C: d UID FETCH 1:3 (UID)
		S+ * 3 FETCH (UID 3)
		S+ * 2 FETCH (UID 2)
		S+ * 1 FETCH (UID 1)
		S: d OK Done
	EOT
}

@test "3.1: SEARCH looks at the newest, found or not; going on finds the rest" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SEARCH SUBJECT first
		S: * SEARCH
		S: b OK [MESSAGELIMIT 3 4] ...
		C: c UID SEARCH UIDBEFORE 4 SUBJECT first
		S: * SEARCH 1
		S: c OK Done
		C: d SEARCH 1:5 ALL
		S: * SEARCH 3 4 5
		S: d OK [MESSAGELIMIT 3 3] ...
		C: e UID SEARCH RETURN (COUNT) ALL
		S: * ESEARCH (TAG "e") UID COUNT 3
		S: e OK [MESSAGELIMIT 3 4] ...
	EOT
}

@test "3.4: what a search saves is cut off as well" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SEARCH RETURN (SAVE) ALL
		S: b OK [MESSAGELIMIT 3 4] ...
		C: c UID FETCH $ (UID)
		S: * 4 FETCH (UID 4)
		S: * 5 FETCH (UID 5)
		S: * 6 FETCH (UID 6)
		S: c OK Done
	EOT
}

@test "3.1: STORE changes the newest, and again the rest" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID STORE 1:* +FLAGS.SILENT (\Draft)
		S: b OK [MESSAGELIMIT 3 4] ...
		C: c UID STORE 1:3 +FLAGS.SILENT (\Deleted)
		S: c OK Done
		C: d UID FETCH 2:3 (FLAGS)
		S* * 3 FETCH (UID 3 FLAGS (\Deleted))
		S: d OK...
		C: e UID FETCH 4 (FLAGS)
		S: * 4 FETCH (UID 4 FLAGS (\Draft))
		S: e OK...
	EOT
}

@test "3.1: COPY of too many copies none" {
	maildir_make .Old
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID COPY 2:5 Old
		S: b NO [MESSAGELIMIT 3 3] ...
		C: c COPY 1:* Old
		S: c NO [MESSAGELIMIT 3 4] ...
		C: d STATUS Old (MESSAGES)
		S: * STATUS Old (MESSAGES 0)
		S: d OK...
		C: e UID COPY 2:4 Old
		S: e OK [COPYUID ... 2:4 1:3]...
	EOT
}

@test "3.1: MOVE moves the newest; the same command again moves the rest" {
	maildir_make .Old
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID MOVE 1:* Old
		S: * OK [COPYUID ... 4:6 1:3]...
		S: * 6 EXPUNGE
		S: * 5 EXPUNGE
		S: * 4 EXPUNGE
		S: b OK [MESSAGELIMIT 3 4] ...
		C: c UID MOVE 1:* Old
		S: * OK [COPYUID ... 1:3 4:6]...
		S: * 3 EXPUNGE
		S: * 2 EXPUNGE
		S: * 1 EXPUNGE
		S: c OK Done
	EOT
}

@test "3.1: UID EXPUNGE counts what is \\Deleted; EXPUNGE and CLOSE have no limit" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID STORE 1:2 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c UID STORE 5:6 +FLAGS.SILENT (\Deleted)
		S: c OK...
		C: d UID EXPUNGE 1:*
		S: * 6 EXPUNGE
		S: * 5 EXPUNGE
		S: * 2 EXPUNGE
		S: d OK [MESSAGELIMIT 3 2] ...
		C: e UID EXPUNGE 1:*
		S: * 1 EXPUNGE
		S: e OK Done
	EOT
	rm -rf "$MAILDIR"
	maildir_make ''
	maildir_put -f T one.eml two.eml three.eml one.eml two.eml
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b EXPUNGE
		S* * 1 EXPUNGE
		S: b OK Done
		C: c STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: c OK...
	EOT
	maildir_put -f T one.eml two.eml three.eml one.eml two.eml
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b CLOSE
		S: b OK...
		C: c STATUS INBOX (MESSAGES UNSEEN)
		S: * STATUS INBOX (MESSAGES 0 UNSEEN 0)
		S: c OK...
	EOT
}

@test "3.1: a part that is too large is refused as a whole" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID FETCH 1:* (UID) (PARTIAL -1:-4)
		S: b NO [MESSAGELIMIT 3...
		C: c UID FETCH 1:* (UID) (PARTIAL 1:3)
		S: * 1 FETCH (UID 1)
		S: * 2 FETCH (UID 2)
		S: * 3 FETCH (UID 3)
		S: c OK Done
	EOT
}

@test "3.1: with another code MESSAGELIMIT comes before, in an untagged NO" {
	box
	limited <<-'EOT'
		C: a ENABLE QRESYNC
		S* a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c UID STORE 1:* (UNCHANGEDSINCE 1) +FLAGS (\Draft)
		S* * NO [MESSAGELIMIT 3 4] ...
		S: c OK [MODIFIED 4:6] ...
		C2: a SELECT INBOX
		S2* a OK...
		RUN rm "$MAILDIR"/cur/*.M6P*
		C2: b NOOP
		S2* b OK...
		C: d FETCH 1:* (RFC822.SIZE)
		S* * NO [MESSAGELIMIT 3 4] ...
		S* d NO [EXPUNGEISSUED] ...
	EOT
}

@test "3.1: of too many messages in one APPEND none is kept" {
	limited <<-'EOT'
		C~ a APPEND INBOX {9+}\r\nA: 1\r\n\r\nx {9+}\r\nA: 2\r\n\r\nx {9+}\r\nA: 3\r\n\r\nx {9+}\r\nA: 4\r\n\r\nx\r\n
		S: a NO [MESSAGELIMIT 3] ...
		C: b STATUS INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 0)
		S: b OK...
		C~ c APPEND INBOX {9+}\r\nA: 1\r\n\r\nx {9+}\r\nA: 2\r\n\r\nx {9+}\r\nA: 3\r\n\r\nx\r\n
		S: c OK [APPENDUID ... 1:3] ...
	EOT
}

@test "3.3: SORT and THREAD, which have an index, have no limit" {
	box
	limited <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SORT (ARRIVAL) UTF-8 ALL
		S: * SORT 1 2 3 4 5 6
		S: b OK Done
		C: c UID THREAD ORDEREDSUBJECT UTF-8 UID 1:2
		S: * THREAD ...
		S: c OK Done
	EOT
}

@test "3.2: UIDAFTER and UIDBEFORE, the UID itself never among them" {
	box
	found <<-'EOT'
		UIDAFTER 4 => 5 6
		UIDAFTER 6 =>
		UIDAFTER 4000000000 =>
		UIDAFTER 4294967295 =>
		UIDBEFORE 3 => 1 2
		UIDBEFORE 1 =>
		UIDBEFORE 4294967295 => 1 2 3 4 5 6
		UIDAFTER 1 UIDBEFORE 4 => 2 3
		NOT UIDAFTER 2 => 1 2
		NOT UIDBEFORE 1 => 1 2 3 4 5 6
		OR UIDBEFORE 2 UIDAFTER 5 => 1 6
		UIDAFTER 0 => BAD
		UIDAFTER 1:3 => BAD
		UIDBEFORE * => BAD
		UIDBEFORE => BAD
	EOT
}
