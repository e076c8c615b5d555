# Messages that Dovecot's zlib plugin keeps compressed: under usual names, S=
# the size of what is inside.

load ../lib/bed
load ../lib/dovecot
load ../lib/migrate

setup() {
	bed_setup
}

both_same_here() {
	same "$BED_TMP/imap" --inner imap "$OUR_IMAP" &&
		same "$BED_TMP/pop3" pop3 "$OUR_POP3"
}

# append PORT FILE...: by a client.
append() {
	/usr/bin/python3 - "$BED_USER" "$BED_PASSWORD" "$@" <<-'PY'
		import imaplib, re, sys
		user, password, port, *paths = sys.argv[1:]
		imap = imaplib.IMAP4("127.0.0.1", int(port), timeout=10)
		imap.login(user, password)
		for path in paths:
		    with open(path, "rb") as f:
		        mail = re.sub(rb"\r?\n", b"\r\n", f.read())
		    answer = imap.append("INBOX", None, None, mail)
		    assert answer[0] == "OK", answer
		imap.logout()
	PY
}

# is_packed MAGIC: every message of the Maildir is.
is_packed() {
	local file n=0

	for file in "$MAILDIR"/{cur,new}/*; do
		[[ -f $file ]] || continue
		n=$((n + 1))
		[[ $(od -An -tx1 -N2 "$file") == " $1" ]] || return 1
	done
	((n > 0))
}

packed_by_dovecot() {
	DOVECOT_EXTRA="mail_plugins = zlib
		plugin {
		  zlib_save = $1
		}"
	dovecot_start
	append "$DOVECOT_IMAP" "${MIGRATE_MAIL[@]/#/$BED_MAIL/}"
	is_packed "$2"
	state pop3 "$DOVECOT_POP3" >"$BED_TMP/pop3"
	state --inner imap "$DOVECOT_IMAP" >"$BED_TMP/imap"
	cat "$BED_TMP/imap"
	dovecot_stop
	ours both_same_here
	# A copy is the same file, and search and partial fetches look inside.
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH HEADER Message-ID two@example.com
		S: * SEARCH 2
		S: b OK...
		C: c FETCH 2 BODY.PEEK[HEADER.FIELDS (Message-ID)]
		S: * 2 FETCH (BODY[...
		S: Message-ID: <two@example.com>
		S:
		S: )
		S: c OK...
		C: d CREATE Copies
		S* d OK...
		C: e COPY 1:* Copies
		S* e OK...
	EOT
	dovecot_start
	same "$BED_TMP/pop3" pop3 "$DOVECOT_POP3"
	state --inner imap "$DOVECOT_IMAP" >"$BED_TMP/back"
	diff <(sed -n '/^INBOX/,/^[^ I]/p' "$BED_TMP/imap" | grep '^ ') \
		<(sed -n '/^INBOX/,/^[^ I]/p' "$BED_TMP/back" | grep '^ ')
	diff <(cut -d' ' -f3- "$BED_TMP/imap" | grep -c :) \
		<(sed -n '/^Copies/,/^INBOX/p' "$BED_TMP/back" | grep -c '^ ')
}

@test "gzip: sizes, octets, UIDLs are of the mail inside" {
	packed_by_dovecot gz '1f 8b'
}

@test "zstd: sizes, octets, UIDLs are of the mail inside" {
	packed_by_dovecot zstd '28 b5'
}

@test "compressed by hand, names as they come" {
	need gzip zstd
	maildir_put one.eml two.eml three.eml
	gzip -n "$MAILDIR/new/1700000001.M1P1.bed"
	zstd -q --rm "$MAILDIR/new/1700000002.M2P1.bed"
	# The sizes are those of nothing.
	mv "$MAILDIR/new/1700000001.M1P1.bed.gz" \
		"$MAILDIR/cur/1700000001.M1P1.bed,S=77,W=78:2,S"
	mv "$MAILDIR/new/1700000002.M2P1.bed.zst" \
		"$MAILDIR/cur/1700000002.M2P1.bed,S=99:2,S"
	login_pop3 <<-EOT
		C: LIST
		S: +OK...
		S: 1 $(wire "$BED_MAIL/one.eml" | wc -c)
		S: 2 $(wire "$BED_MAIL/two.eml" | wc -c)
		S: 3 $(wire "$BED_MAIL/three.eml" | wc -c)
		S: .
	EOT
	login_imap <<-EOT
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1:3 RFC822.SIZE
		S: * 1 FETCH (RFC822.SIZE $(wire "$BED_MAIL/one.eml" | wc -c))
		S: * 2 FETCH (RFC822.SIZE $(wire "$BED_MAIL/two.eml" | wc -c))
		S: * 3 FETCH (RFC822.SIZE $(wire "$BED_MAIL/three.eml" | wc -c))
		S: b OK...
	EOT
	[[ -e "$MAILDIR/cur/1700000001.M1P1.bed,S=77,W=78:2,S" ]]
}
