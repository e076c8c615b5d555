# Debian's Dovecot serves the same Maildir before us, after us and beside us:
# UIDs, flags, keywords and subscriptions are the same from both sides.
# Connection 9 is Dovecot.

load ../lib/bed
load ../lib/dovecot

setup() {
	bed_setup
	maildir_put one.eml two.eml three.eml
	dovecot_start
}

@test "UIDs that Dovecot gave stay when we take over" {
	beside_dovecot_imap login_imap <<-'EOT'
		C9: a SELECT INBOX
		S9* * OK [UIDVALIDITY ${validity}]...
		S9* a OK...
		C9: b UID STORE 1 +FLAGS.SILENT (\Deleted)
		S9: b OK...
		C9: c EXPUNGE
		S9* c OK...
		C9: d LOGOUT
		S9* d OK...

		C: a SELECT INBOX
		S* * OK [UIDVALIDITY ${validity}]...
		S* a OK...
		C: b UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (Message-ID)])
		S: * 1 FETCH (UID 2 BODY...
		S: Message-ID: <two@example.com>
		S:
		S: )
		S: * 2 FETCH (UID 3 BODY...
		S: Message-ID: <three@example.org>
		S:
		S: )
		S: b OK...
	EOT
}

@test "UIDs that we gave stay when Dovecot comes back" {
	beside_dovecot_imap login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * OK [UIDVALIDITY ${validity}]...
		S* a OK...
		C: b UID STORE 1 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 1 EXPUNGE
		S* c OK...
		RUN maildir_put utf8.eml
		C: d NOOP
		S* d OK...
		C: e UID FETCH 1:* (UID)
		S: * 1 FETCH (UID 2)
		S: * 2 FETCH (UID 3)
		S: * 3 FETCH (UID 4)
		S: e OK...
		C: f LOGOUT
		S* f OK...

		C9: a SELECT INBOX
		S9* * OK [UIDVALIDITY ${validity}]...
		S9* * OK [UIDNEXT 5]...
		S9* a OK...
		C9: b UID FETCH 4 (UID BODY.PEEK[HEADER.FIELDS (Message-ID)])
		S9: * 3 FETCH (UID 4 BODY...
		S9: Message-ID: <utf8@example.de>
		S9:
		S9: )
		S9: b OK...
	EOT
}

@test "a delivery while both have the mailbox open gets one UID" {
	beside_dovecot_imap login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C9: a SELECT INBOX
		S9* a OK...
		RUN maildir_put dots.eml
		C: b NOOP
		S* * 4 EXISTS
		S* b OK...
		C: c FETCH 4 (UID)
		S: * 4 FETCH (UID ${uid})
		S: c OK...
		C9: b NOOP
		S9* * 4 EXISTS
		S9* b OK...
		C9: c FETCH 4 (UID)
		S9: * 4 FETCH (UID ${uid})
		S9: c OK...
		RUN maildir_put nonl.eml
		C9: d NOOP
		S9* * 5 EXISTS
		S9* d OK...
		C9: e FETCH 5 (UID)
		S9: * 5 FETCH (UID ${next})
		S9: e OK...
		C: d NOOP
		S* * 5 EXISTS
		S* d OK...
		C: e FETCH 5 (UID)
		S: * 5 FETCH (UID ${next})
		S: e OK...
	EOT
}

@test "flags that one sets the other shows" {
	beside_dovecot_imap login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C9: a SELECT INBOX
		S9* a OK...
		C: b STORE 1 FLAGS.SILENT (\Seen \Answered)
		S: b OK...
		C9: b NOOP
		S9* * 1 FETCH (...FLAGS (\Answered \Seen...))
		S9* b OK...
		C9: c STORE 2 +FLAGS.SILENT (\Flagged \Draft)
		S9* c OK...
		C: c NOOP
		S* * 2 FETCH (...\Flagged...)
		S* c OK...
		C: d FETCH 2 (FLAGS)
		S: * 2 FETCH (FLAGS (...\Flagged \Draft...))
		S: d OK...
		C9: d STORE 1 -FLAGS.SILENT (\Answered)
		S9* d OK...
		C: e NOOP
		S* e OK...
		C: f FETCH 1 (FLAGS)
		S: * 1 FETCH (FLAGS (\Seen...))
		S: f OK...
	EOT
}

@test "keywords have the same names from both sides" {
	beside_dovecot_imap login_imap <<-'EOT'
		C9: a SELECT INBOX
		S9* a OK...
		C9: b STORE 1 +FLAGS.SILENT ($label1 Work)
		S9* b OK...
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 (FLAGS)
		S: * 1 FETCH (FLAGS (...$label1 Work...))
		S: b OK...
		C: c STORE 2 +FLAGS.SILENT (Work Home)
		S* c OK...
		C9: c NOOP
		S9* c OK...
		C9: d FETCH 2 (FLAGS)
		S9: * 2 FETCH (FLAGS (...Work Home...))
		S9: d OK...
		C: d STORE 1 -FLAGS.SILENT ($label1)
		S* d OK...
		C9: e NOOP
		S9* e OK...
		C9: f FETCH 1 (FLAGS)
		S9: * 1 FETCH (FLAGS (...Work))
		S9: f OK...
	EOT
}

@test "what one expunges is gone for the other" {
	beside_dovecot_imap login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C9: a SELECT INBOX
		S9* a OK...
		C9: b STORE 1 +FLAGS.SILENT (\Deleted)
		S9* b OK...
		C9: c EXPUNGE
		S9* c OK...
		C: b NOOP
		S* * 1 EXPUNGE
		S* b OK...
		C: c UID STORE 3 +FLAGS.SILENT (\Deleted)
		S* c OK...
		C: d EXPUNGE
		S* * 2 EXPUNGE
		S* d OK...
		C9: d NOOP
		S9* * 2 EXPUNGE
		S9* d OK...
		C9: e UID FETCH 1:* (UID)
		S9: * 1 FETCH (UID 2)
		S9: e OK...
	EOT
}

@test "subscriptions are one list, UTF-7 names too" {
	local folder='.R&AOk-sum&AOk-'

	maildir_make .Sent
	maildir_make "$folder"
	beside_dovecot_imap login_imap <<-'EOT'
		C9: a SUBSCRIBE Sent
		S9: a OK...
		C: a LSUB "" "*"
		S: * LSUB (...) "..." ...Sent...
		S: a OK...
		C: b SUBSCRIBE "R&AOk-sum&AOk-"
		S: b OK...
		C9: b LSUB "" "*"
		S9+ * LSUB () "." Sent
		S9+ * LSUB () "." R&AOk-sum&AOk-
		S9: b OK...
		C: c UNSUBSCRIBE Sent
		S: c OK...
		C9: c LSUB "" "*"
		S9: * LSUB () "." R&AOk-sum&AOk-
		S9: c OK...
	EOT
}

@test "a folder Dovecot makes is listed, counted and served" {
	beside_dovecot_imap login_imap <<-'EOT'
		C9: a CREATE Archive
		S9: a OK...
		C9: b SELECT INBOX
		S9* b OK...
		C9: c COPY 1:3 Archive
		S9* c OK...
		C9: d STATUS Archive (UIDNEXT UIDVALIDITY)
		S9: * STATUS Archive (UIDNEXT 4 UIDVALIDITY ${validity})
		S9: d OK...
		C: a LIST "" Archive
		S: * LIST (...) "..." ...Archive...
		S: a OK...
		C: b STATUS Archive (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
		S: * STATUS ...Archive... (MESSAGES 3 UIDNEXT 4 UIDVALIDITY ${validity} UNSEEN 3)
		S: b OK...
	EOT
}

# Deliveries, flag changes and expunges from both sides at once; at the end
# both tell the same story, message by message.
@test "a hundred steps side by side leave both with the same mailbox" {
	start_server imapd
	/usr/bin/python3 - "$BED_PORT" "$DOVECOT_IMAP" "$BED_USER" \
		"$BED_PASSWORD" "$MAILDIR" <<-'PY'
		import imaplib, os, pwd, random, re, sys
		ours, theirs, user, password, maildir = sys.argv[1:]
		random.seed(143)
		both = []
		for port in ours, theirs:
		    imap = imaplib.IMAP4("127.0.0.1", int(port), timeout=15)
		    imap.login(user, password)
		    imap.select("INBOX")
		    both.append(imap)
		who = pwd.getpwnam(user)

		def deliver(n):
		    name = "%d.M%dP2.bed" % (1710000000 + n, n)
		    path = os.path.join(maildir, "tmp", name)
		    with open(path, "w") as f:
		        f.write("Subject: %d\nMessage-ID: <%d@storm>\n\nx\n" % (n, n))
		    os.chown(path, who.pw_uid, who.pw_gid)
		    os.rename(path, os.path.join(maildir, "new", name))

		def state(imap):
		    imap.noop()
		    ok, data = imap.uid(
		        "FETCH", "1:*",
		        "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
		    assert ok == "OK", data
		    seen = {}
		    for head, body in (d for d in data if isinstance(d, tuple)):
		        uid = int(re.search(rb"UID (\d+)", head)[1])
		        flags = re.search(rb"FLAGS \(([^)]*)\)", head)[1].split()
		        seen[uid] = (body.strip(), sorted(
		            f for f in flags if f.lower() != rb"\recent"))
		    return seen

		for n in range(100):
		    imap = random.choice(both)
		    act = random.random()
		    if act < 0.3:
		        deliver(n)
		    elif act < 0.8:
		        imap.noop()
		        uids = imap.uid("SEARCH", "ALL")[1][0].split() \
		            if imap is both[1] else list(
		                b"%d" % u for u in state(imap))
		        if uids:
		            imap.uid("STORE", random.choice(uids).decode(),
		                     random.choice(["+FLAGS", "-FLAGS"]),
		                     random.choice([r"(\Seen)", r"(\Flagged)",
		                                    "(One)", "(Two Three)",
		                                    r"(\Deleted)"]))
		    elif act < 0.9:
		        imap.expunge()
		    else:
		        imap.noop()
		a, b = (state(imap) for imap in both)
		a, b = (state(imap) for imap in both)
		for uid in sorted(set(a) | set(b)):
		    assert a.get(uid) == b.get(uid), (uid, a.get(uid), b.get(uid))
		assert len(a) > 5
		for imap in both:
		    imap.logout()
	PY
}
