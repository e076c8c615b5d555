# Programs that people read mail with see a whole mailbox over IMAP.

load ../lib/bed
load ../lib/overhear
load clients

INBOX=(one.eml two.eml three.eml utf8.eml forwarded.eml html.eml 8bit.eml
	crlf.eml dots.eml nonl.eml emptybody.eml)
SENT=(thread1.eml thread2.eml thread3.eml)

setup() {
	need_root "a login through PAM"
	bed_setup
	maildir_make .Sent
	maildir_put -f S one.eml
	maildir_put "${INBOX[@]:1}"
	maildir_put -d .Sent -f RS "${SENT[@]}"
	start_server imapd
	overhear
	OUT=$BED_HOME/out
	as_user mkdir "$OUT"
}

# all_there DIR MESSAGE...: but for the lines that mbsync and mutt add.
all_there() {
	there -h X-TUID,Content-Length,Lines "$@"
}

# mbsyncrc DIRECTION WHERE: how to reach the server comes from stdin; folders
# are made on one side (Near) or on both.
mbsyncrc() {
	{
		echo "IMAPAccount a"
		cat
		cat <<-EOT

		IMAPStore far
		Account a

		MaildirStore near
		Path $OUT/
		Inbox $OUT/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create $2
		Expunge $2
		Sync $1
		SyncState *
		EOT
	} | rc mbsyncrc
}

over_tcp() {
	cat <<-EOT
		Host 127.0.0.1
		Port $BED_PORT
		SSLType None
		AuthMechs LOGIN
		User $BED_USER
		Pass $BED_PASSWORD
	EOT
}

sync_all() {
	as_user mbsync -q -c "$BED_HOME/mbsyncrc" all
}

mbsync_twice() {
	local before

	sync_all
	all_there "$OUT/INBOX" "${INBOX[@]}"
	all_there "$OUT/Sent" "${SENT[@]}"
	# Flags came along.
	[[ $(find "$OUT/Sent" -name '*:2,RS' | wc -l) == 3 ]]
	[[ $(find "$OUT/INBOX" -name '*:2,S' | wc -l) == 1 ]]
	before=$(find "$OUT" -type f -name '[0-9]*' | sort)
	sync_all
	[[ $(find "$OUT" -type f -name '[0-9]*' | sort) == "$before" ]]
}

@test "mbsync copies every folder over TCP, and nothing the second time" {
	need mbsync
	over_tcp | mbsyncrc Pull Near
	mbsync_twice
	overheard 60
}

@test "mbsync copies every folder through a Tunnel, without a login" {
	need mbsync
	mbsyncrc Pull Near <<-EOT
		DisableExtension COMPRESS=DEFLATE
		Tunnel "$BED_BIN/imapd | tee $BED_HOME/raw.\$\$"
	EOT
	mbsync_twice
	# What it was told is IMAP to the letter.
	run -0 /usr/bin/python3 "$BED_ROOT/tests/lib/grammar.py" \
		"$BED_HOME"/raw.*
	echo "$output"
	((${output%% *} > 30))
}

# Every message of both sides, and under which name.
both_sides() {
	find "$MAILDIR" "$OUT" -type f -path '*/[cn]*/*' | sort
}

@test "mbsync brings both sides together: mail, flags, folders, removals" {
	local before

	need mbsync
	over_tcp | mbsyncrc All Both
	sync_all
	login_imap <<-'EOT'
		C: a CREATE Far/Deep
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c COPY 1 Far/Deep
		S: c OK...
		C: d STORE 2 +FLAGS.SILENT (\Flagged \Answered)
		S: d OK...
		C: e STORE 3 +FLAGS.SILENT (\Deleted)
		S: e OK...
		C: f EXPUNGE
		S* f OK...
	EOT
	as_user mkdir -p "$OUT/Near/Deep"/{cur,new,tmp}
	as_user cp "$BED_MAIL/thread1.eml" "$OUT/Near/Deep/new/1.M1P1.here"
	before=$(grep -rl 'Message-ID: <utf8@' "$OUT/INBOX")
	as_user mv "$before" "${before/[cn][eu][wr]\/*/cur/}/$(basename \
		"${before%:*}"):2,FS"
	rm "$(grep -rl 'Message-ID: <8bit@' "$OUT/INBOX")"
	sync_all

	all_there "$OUT/Far/Deep" one.eml
	all_there "$MAILDIR/.Near.Deep/cur" thread1.eml
	all_there "$OUT/INBOX" one.eml two.eml utf8.eml forwarded.eml html.eml \
		crlf.eml dots.eml nonl.eml emptybody.eml
	all_there "$MAILDIR/cur" one.eml two.eml utf8.eml forwarded.eml \
		html.eml crlf.eml dots.eml nonl.eml emptybody.eml
	[[ $(find "$OUT/INBOX" -name '*:2,FR*' | wc -l) == 1 ]]
	[[ $(find "$MAILDIR/cur" -name '*:2,FS*' | wc -l) == 1 ]]

	before=$(both_sides)
	sync_all
	[[ $(both_sides) == "$before" ]]
	overheard 100
}

# On a terminal of its own; tags all messages and copies them to a mailbox.
@test "mutt reads the mailbox and copies it" {
	need mutt script
	cat >"$BED_HOME/muttrc" <<-EOT
		set ssl_starttls=no ssl_force_tls=no imap_authenticators=plain
		set imap_user=$BED_USER imap_pass=$BED_PASSWORD
		set folder=$OUT mbox_type=Maildir confirmcreate=no
		set confirmappend=no delete=no move=no quit=yes sleep_time=0
		set spoolfile=imap://127.0.0.1:$BED_PORT/INBOX
		push "<tag-pattern>~A<enter><tag-prefix><copy-message>=all<enter><quit>"
	EOT
	bed_own "$BED_HOME/muttrc"
	run as_user env TERM=vt100 timeout 30 script -qec \
		"mutt -n -F $BED_HOME/muttrc" "$BED_HOME/screen"
	if ! all_there "$OUT/all" "${INBOX[@]}"; then
		cat "$BED_HOME/screen"
		return 1
	fi
	overheard 30
}

@test "curl lists folders and fetches every message octet for octet" {
	local n=0 message url=imap://127.0.0.1:$BED_PORT

	need curl
	run -0 curl -sS -u "$BED_USER:$BED_PASSWORD" "$url/"
	[[ $output == *INBOX* && $output == *Sent* ]]
	for message in "${INBOX[@]}"; do
		n=$((n + 1))
		curl -sS -u "$BED_USER:$BED_PASSWORD" -o "$OUT/$message" \
			"$url/INBOX;MAILINDEX=$n"
	done
	all_there "$OUT" "${INBOX[@]}"
	run -0 curl -sS -u "$BED_USER:$BED_PASSWORD" "$url/INBOX" \
		-X 'FETCH 1 (FLAGS)'
	[[ $output == *'\Seen'* ]]
	overheard 60
}

@test "imaplib reads flags, sizes, sections and every octet" {
	/usr/bin/python3 - "$BED_PORT" "$BED_USER" "$BED_PASSWORD" \
		"${INBOX[@]/#/$BED_MAIL/}" <<-'PY'
		import email, imaplib, re, sys
		port, user, password, *paths = sys.argv[1:]
		sent = [re.sub(rb"\r?\n", b"\r\n", open(p, "rb").read())
		        for p in paths]
		imap = imaplib.IMAP4("127.0.0.1", int(port), timeout=10)
		imap.login(user, password)
		assert imap.select("INBOX", readonly=True)[1] == [
		    b"%d" % len(sent)]
		ok, data = imap.fetch("1:*", "(UID FLAGS RFC822.SIZE BODY.PEEK[])")
		assert ok == "OK"
		got = [d for d in data if isinstance(d, tuple)]
		assert len(got) == len(sent)
		uids = []
		for (head, body), message in zip(got, sent):
		    assert body == message, head
		    assert int(re.search(rb"RFC822.SIZE (\d+)", head)[1]) == len(
		        message), head
		    uids.append(int(re.search(rb"UID (\d+)", head)[1]))
		assert uids == sorted(set(uids))
		assert rb"\Seen" in got[0][0] + data[1], data[:2]
		ok, data = imap.uid("FETCH", str(uids[1]),
		                    "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
		assert data[0][1] == (b"Subject: Second message,\r\n"
		                      b" with a folded subject\r\n\r\n"), data
		ok, data = imap.status("Sent", "(MESSAGES UNSEEN)")
		assert ok == "OK" and b"MESSAGES 3" in data[0], data
		ok, data = imap.list()
		assert ok == "OK" and len(data) == 2, data
		imap.select("INBOX")
		ok, data = imap.store("2", "+FLAGS", r"(\Seen \Flagged)")
		assert ok == "OK" and rb"\Flagged" in data[0], data
		imap.close()
		assert imap.logout()[0] == "BYE"
	PY
	[[ $(find "$MAILDIR/cur" -name '*2,*F*S*' | wc -l) == 1 ]]
	overheard 30
}
