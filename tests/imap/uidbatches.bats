# UIDBATCHES (RFC 10022): the UIDs that bound batches of messages.

load ../lib/bed

# filled N: INBOX has the UIDs 1 to N.
filled() {
	local i

	for ((i = 1; i <= $1; i++)); do
		printf 'Subject: %d\n\n' $i \
			>"$MAILDIR/cur/$((1700000000 + i)).M${i}P1.bed:2,S"
	done
	echo "$1" >"$BED_TMP/count"
	bed_own "$MAILDIR"/cur/*
}

@test "3.1.2: an empty mailbox has no batches, and that is an answer" {
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b1 UIDBATCHES 500
		S: * UIDBATCHES (TAG "b1")
		S: b1 OK...
	EOT
}

@test "3.1.3: a batch size below 500 is refused with TOOFEW" {
	filled 3
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UIDBATCHES 499
		S: b NO [TOOFEW] ...
		C: c UIDBATCHES 1 1:1
		S: c NO [TOOFEW] ...
		C: d UIDBATCHES 500
		S: * UIDBATCHES (TAG "d") 3:1
		S: d OK...
		C: e UIDBATCHES 4294967295
		S: * UIDBATCHES (TAG "e") 3:1
		S: e OK...
	EOT
}

@test "3.1: batches go from the newest message down; the last ends with UID 1" {
	filled 1234
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID STORE 1:3,700,724:733,1234 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c UID EXPUNGE 1:*
		S* c OK...
		C: d UIDBATCHES 500
		S: * UIDBATCHES (TAG "d") 1233:734,723:223,222:1
		S: d OK...
		C: e UID SEARCH RETURN (COUNT) UID 734:1233
		S: * ESEARCH (TAG "e") UID COUNT 500
		S: e OK...
		C: f UID SEARCH RETURN (COUNT) UID 223:723
		S: * ESEARCH (TAG "f") UID COUNT 500
		S: f OK...
		C: g UIDBATCHES 1218
		S: * UIDBATCHES (TAG "g") 1233:5,4:1
		S: g OK...
		C: h UIDBATCHES 1219
		S: * UIDBATCHES (TAG "h") 1233:1
		S: h OK...
	EOT
}

@test "3.1: of the batches only some; none of those that there are not" {
	filled 1100
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UIDBATCHES 500 1:1
		S: * UIDBATCHES (TAG "b") 1100:601
		S: b OK...
		C: c UIDBATCHES 500 2:3
		S: * UIDBATCHES (TAG "c") 600:101,100:1
		S: c OK...
		C: d UIDBATCHES 500 3:100
		S: * UIDBATCHES (TAG "d") 100:1
		S: d OK...
		C: e UIDBATCHES 500 4:4
		S: * UIDBATCHES (TAG "e")
		S: e OK...
		C: f UIDBATCHES 4294967295 4294967295:4294967295
		S: * UIDBATCHES (TAG "f")
		S: f OK...
		C: g UIDBATCHES 500 1:4294967295
		S: * UIDBATCHES (TAG "g") 1100:601,600:101,100:1
		S: g OK...
	EOT
}

@test "what is no size and no range of batches is BAD, and so is no mailbox" {
	login_imap --uidonly <<-'EOT'
		C: a UIDBATCHES 500
		S: a BAD...
		C: b SELECT INBOX
		S* b OK...
		C: c UIDBATCHES
		S: c BAD...
		C: d UIDBATCHES 0
		S: d BAD...
		C: e UIDBATCHES 500 6:5
		S: e BAD...
		C: f UIDBATCHES 500 6
		S: f BAD...
		C: g UIDBATCHES 500 0:1
		S: g BAD...
		C: h NOOP
		S: h OK...
		C: i UIDBATCHES 500 1:*
		S: i BAD...
		C: j UIDBATCHES 500 1:2 x
		S: j BAD...
		C: k UID UIDBATCHES 500
		S: k BAD...
		C: l UIDBATCHES 4294967296
		S: l BAD...
	EOT
}

@test "works in UIDONLY mode, and leaves what $ stands for" {
	filled 3
	login_imap --uidonly <<-'EOT'
		C: a ENABLE UIDONLY
		S* a OK...
		C: b EXAMINE INBOX
		S* b OK...
		C: c UID SEARCH RETURN (SAVE) UID 2
		S: c OK...
		C: d UIDBATCHES 1000
		S: * UIDBATCHES (TAG "d") 3:1
		S: d OK...
		C: e UID FETCH $ (FLAGS)
		S: * 2 UIDFETCH (FLAGS (\Seen))
		S: e OK...
	EOT
}

@test "new messages are above all batches and come with the next answer" {
	filled 3
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN maildir_put one.eml
		C: b UIDBATCHES 500
		S: * UIDBATCHES (TAG "b") 3:1
		S: * 4 EXISTS
		S: * 1 RECENT
		S: b OK...
		C: c UIDBATCHES 500
		S: * UIDBATCHES (TAG "c") 4:1
		S: c OK...
	EOT
}

@test "a tag with octets that need it is quoted" {
	login_imap --uidonly <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: x]y UIDBATCHES 500
		S: * UIDBATCHES (TAG "x]y")
		S: x]y OK...
	EOT
}
