# FETCH: what it sends, and that it sends exactly that.

load ../lib/bed

# wire_size FILE: its octets on the wire.
wire_size() {
	wire "$1" | wc -c
}

@test "the macros, alone only" {
	maildir_put -f S one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 full
		S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE "..." RFC822.SIZE 220 ENVELOPE ("Mon, 7 Mar 2016 09:15:02 +0100" "The first message" (("Ada Brook" NIL "ada" "example.org")) (("Ada Brook" NIL "ada" "example.org")) (("Ada Brook" NIL "ada" "example.org")) (("Tester" NIL "tester" "example.net")) NIL NIL NIL "<one@example.org>") BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 53 3))
		S: b OK...
		C: c FETCH 1 ALL
		S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE "..." RFC822.SIZE 220 ENVELOPE (...))
		S: c OK...
		C: d FETCH 1 fast
		S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE "..." RFC822.SIZE 220)
		S: d OK...
		C: e FETCH 1 (ALL)
		S: e BAD...
		C: f FETCH 1 (FAST UID)
		S: f BAD...
		C: g FETCH 1 FULL UID
		S: g BAD...
		C: h FETCH 1 ()
		S: h BAD...
		C: i FETCH 1 NONSENSE
		S: i BAD...
	EOT
}

@test "INTERNALDATE is the time the file was delivered" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 INTERNALDATE
		S: * 1 FETCH (INTERNALDATE "14-Nov-2023 ...:13:21 ...")
		S: b OK...
	EOT
}

@test "BODY[] is the message, to the octet, and RFC822.SIZE its size" {
	local file n=0

	for file in one two three html forwarded 8bit nonl crlf dots \
		emptybody header empty longline utf8; do
		maildir_put "$file.eml"
		n=$((n + 1))
		wire "$BED_MAIL/$file.eml" >"$BED_TMP/$file.wire"
		# The last line is sent as it lies.
		if [[ $file == nonl || $file == header ]] &&
			[[ -n $(tail -c 1 "$BED_MAIL/$file.eml") ]]; then
			truncate -s -2 "$BED_TMP/$file.wire"
			printf '%s' "$(tail -n 1 "$BED_MAIL/$file.eml" |
				tail -c 1)" >/dev/null
		fi
	done
	{
		echo "C: s SELECT INBOX"
		echo "S* s OK..."
		n=0
		for file in one two three html forwarded 8bit crlf dots \
			emptybody empty longline utf8; do
			n=$(grep -n "^$file\$" <<<$'one\ntwo\nthree\nhtml\nforwarded\n8bit\nnonl\ncrlf\ndots\nemptybody\nheader\nempty\nlongline\nutf8' |
				cut -d: -f1)
			size=$(stat -c %s "$BED_TMP/$file.wire")
			echo "C: a FETCH $n (RFC822.SIZE BODY.PEEK[])"
			echo "S: * $n FETCH (RFC822.SIZE $size BODY[] {$size}"
			((size == 0)) || echo "S< $BED_TMP/$file.wire"
			echo "S~ )\r\na OK"
			echo "S: ..."
		done
	} | login_imap
}

@test "sections of a message in a message" {
	maildir_put forwarded.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 BODYSTRUCTURE
		S: * 1 FETCH (BODYSTRUCTURE ((...)("message" "rfc822" NIL ...) "mixed" ("boundary" "...") NIL NIL NIL))
		S: b OK...
		C: c FETCH 1 (BODY.PEEK[2.HEADER.FIELDS (Subject)] BODY.PEEK[9] BODY.PEEK[2.9])
		S: * 1 FETCH (BODY[2.HEADER.FIELDS (Subject)] {...}
		S: Subject: ...
		S:
		S:  BODY[9] NIL BODY[2.9] NIL)
		S: c OK...
	EOT
}

@test "BODY[1] of a message that is no multipart is its text (RFC 3501 6.4.5)" {
	maildir_put -f S one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 (BODY.PEEK[1] BODY.PEEK[TEXT])
		S: * 1 FETCH (BODY[1] {53}
		S: Hello,
		S: this is a short letter of three lines.
		S: Ada
		S:  BODY[TEXT] {53}
		S: Hello,
		S: this is a short letter of three lines.
		S: Ada
		S: )
		S: b OK...
		C: c FETCH 1 (BODY.PEEK[1.MIME] BODY.PEEK[2])
		S: * 1 FETCH (BODY[1.MIME] {...
		S* ...BODY[2] NIL)
		S: c OK...
	EOT
}

@test "HEADER.FIELDS is answered in the words it was asked in" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 body.peek[header.fields (sUBJECT "To" {4}
		S: + ...
		C: From)]
		S: * 1 FETCH (BODY[HEADER.FIELDS (sUBJECT To From)] {98}
		S: From: Ada Brook <ada@example.org>
		S: To: Tester <tester@example.net>
		S: Subject: The first message
		S:
		S: )
		S: b OK...
		C: c FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID)]
		S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (From To Date Message-ID)] {30}
		S: Subject: The first message
		S:
		S: )
		S: c OK...
		C: d FETCH 1 BODY.PEEK[HEADER.FIELDS ()]
		S: d BAD...
	EOT
}

@test "partials: the start alone is echoed, beyond the end is empty" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 (BODY.PEEK[]<0.4> BODY.PEEK[TEXT]<45.100> BODY.PEEK[]<220.1> BODY.PEEK[]<999999.10>)
		S: * 1 FETCH (BODY[]<0> {4}
		S: From BODY[TEXT]<45> {8}
		S: .
		S~ Ada\r\n BODY[]<220> {0}\r\n BODY[]<999999> {0}\r\n)\r\n
		S: b OK...
		C: c FETCH 1 BODY.PEEK[]<0.0>
		S: c BAD...
		C: d FETCH 1 BODY.PEEK[]<0>
		S: d BAD...
	EOT
}

@test "RFC822, RFC822.HEADER and RFC822.TEXT" {
	maildir_put one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 RFC822.HEADER
		S: * 1 FETCH (RFC822.HEADER {167}
		S* 
		S: )
		S: b OK...
		C: c FETCH 1 RFC822.TEXT
		S: * 1 FETCH (FLAGS (\Seen \Recent) RFC822.TEXT {53}
		S: Hello,
		S* )
		S: c OK...
		C: d FETCH 1 RFC822
		S: * 1 FETCH (RFC822 {220}
		S* )
		S: d OK...
	EOT
}

@test "reading sets \\Seen and says so in the same response; peeking does not" {
	maildir_put one.eml two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 (BODY.PEEK[HEADER] RFC822.SIZE ENVELOPE BODYSTRUCTURE)
		S* b OK...
		C: c FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS (\Recent))
		S: c OK...
		C: d FETCH 1 BODY[HEADER.FIELDS (X-None)]
		S: * 1 FETCH (FLAGS (\Seen \Recent) BODY[HEADER.FIELDS (X-None)] {2}
		S:
		S: )
		S: d OK...
		C: e FETCH 1 BODY[]<0.1>
		S: * 1 FETCH (BODY[]<0> {1}
		S: F)
		S: e OK...
	EOT
	[[ -n $(find "$MAILDIR/cur" -name '*:2,S') ]]
}

@test "NUL, which no literal may hold, is sent as 0x80" {
	maildir_put nul.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 BODY.PEEK[TEXT]
		S* )
		S: b OK...
	EOT
	run ! grep -qP '\x00' "$BED_TMP"/raw/*
}

@test "numbers out of range are BAD, UIDs that do not exist are no error" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 FLAGS
		S: b BAD...
		C: c FETCH * FLAGS
		S: c BAD...
		C: d UID FETCH * (UID)
		S: d OK...
		C: e UID FETCH 1:* FLAGS
		S: e OK...
		RUN maildir_put one.eml two.eml
		C: f NOOP
		S* f OK...
		C: g FETCH 2:3 FLAGS
		S: g BAD...
		C: h UID FETCH 2:99,7 FLAGS
		S: * 2 FETCH (UID 2 FLAGS (\Recent))
		S: h OK...
		C: i UID FETCH 99:* UID
		S: * 2 FETCH (UID 2)
		S: i OK...
		C: j FETCH *:1 UID
		S: * 1 FETCH (UID 1)
		S: * 2 FETCH (UID 2)
		S: j OK...
		C: k FETCH 0 UID
		S: k BAD...
		C: l FETCH 1:2 UID FLAGS
		S: l BAD...
	EOT
}

@test "an answer from the cache is the same as the first" {
	maildir_put three.eml html.eml forwarded.eml utf8.eml 8bit.eml
	cat >"$BED_TMP/script" <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1:* (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE INTERNALDATE)
		S* b OK...
	EOT
	rm -f "$BED_TMP"/raw/*
	login_imap <"$BED_TMP/script"
	login_imap <"$BED_TMP/script"
	login_imap --cache=none <"$BED_TMP/script"
	# Without the cache all modseqs are new.
	sed -i '/HIGHESTMODSEQ/d' "$BED_TMP"/raw/*
	[[ $(md5sum "$BED_TMP"/raw/* | cut -d' ' -f1 | sort -u | wc -l) == 1 ]]
}

@test "a message that cannot be read is left out, the others are not" {
	need_root
	maildir_put -f S one.eml two.eml
	chown root: "$MAILDIR"/cur/*.M1P*
	chmod 000 "$MAILDIR"/cur/*.M1P*
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:2 BODY.PEEK[TEXT]<0.1>
		S: * 2 FETCH (BODY[TEXT]<0> {1}
		S: ...)
		S: b NO...
	EOT
}

@test "header fields are the same from the file and from the index" {
	local ask='BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)]'
	local file

	for file in "$BED_MAIL"/*.eml; do
		maildir_put "$file"
	done
	if [[ -n ${CORPUS:-} ]]; then
		for file in "$CORPUS"/kmime/*/*.eml "$CORPUS"/mime4j/*/*.eml \
			"$CORPUS"/mail-parser/*/*.eml; do
			[[ ! -f $file ]] || maildir_put "$file"
		done
	fi
	printf '%s\r\n' 'a SELECT INBOX' "b UID FETCH 1:* ($ask)" 'c NOOP' \
		'd LOGOUT' >"$BED_TMP/ask"
	as_user "$BED_BIN/imapd" <"$BED_TMP/ask" 2>"$BED_TMP/err" |
		sed -n '/FETCH/,$p' >"$BED_TMP/first"
	as_user "$BED_BIN/imapd" <"$BED_TMP/ask" 2>"$BED_TMP/err" |
		sed -n '/FETCH/,$p' >"$BED_TMP/second"
	grep -q 'Subject: The first message' "$BED_TMP/first"
	cmp "$BED_TMP/first" "$BED_TMP/second"
}

# mail_of LINES: a message of so many lines on stdout.
mail_of() {
	printf 'Subject: long\n\n'
	seq -f 'line %06.0f of a long message' "$1"
}

@test "a file that has become shorter: the connection ends inside the literal" {
	mail_of 20000 >"$BED_TMP/long"
	head -n 19000 "$BED_TMP/long" >"$BED_TMP/short"
	maildir_put "$BED_TMP/long"
	wire "$BED_TMP/short" >"$BED_TMP/short.wire"
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 RFC822.SIZE
		S: * 1 FETCH (RFC822.SIZE $(wire_size "$BED_TMP/long"))
		S: b OK...
		RUN truncate -s $(wc -c <"$BED_TMP/short") "$MAILDIR"/cur/*
		C: c FETCH 1 BODY.PEEK[]
		S: * 1 FETCH (BODY[] {$(wire_size "$BED_TMP/long")}
		S< $BED_TMP/short.wire
		EOF
	EOT
	# And it does not happen again and again.
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 BODY.PEEK[]
		S: * 1 FETCH (BODY[] {$(wire_size "$BED_TMP/short")}
		S< $BED_TMP/short.wire
		S: )
		S: b OK...
	EOT
}

@test "a part that is fetched in pieces is read about once, not once for each" {
	local at

	need strace
	{
		printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\n'
		printf 'small\n--b\n\n'
		# On the wire 64 octets each, so that pieces end with lines.
		seq -f '%062.0f' 80000
		printf -- '--b--\n'
	} >"$BED_TMP/large"
	maildir_put "$BED_TMP/large"
	mv "$BED_BIN/imapd" "$BED_BIN/imapd.real"
	cat >"$BED_BIN/imapd" <<-EOT
		#!/bin/sh
		exec strace -qq -e trace=pread64 -o $BED_HOME/trace \
			$BED_BIN/imapd.real "\$@"
	EOT
	chmod 755 "$BED_BIN/imapd"
	# On a pipe, where the one process under strace is the session.
	{
		printf '%s\n' 'C: a SELECT INBOX' 'S* a OK...'
		for ((at = 0; at < 80000 * 64; at += 65536)); do
			echo "C: b FETCH 1 BODY.PEEK[2]<$at.65536>"
			echo 'S* ...)'
			echo 'S: b OK...'
		done
	} | VIA=pipe login_imap
	# The message is parsed once and sent once; and for each piece its first
	# 64 KiB are looked at, to see whether it is compressed.
	awk '{ n += $NF } END { exit n > 4 * 5000000 }' "$BED_HOME/trace"
}

@test "header fields out of the index are those of the file" {
	local n fields

	maildir_put crlf.eml header.eml nul.eml 8bit.eml longline.eml
	for fields in 'FROM TO DATE SUBJECT' 'RECEIVED SUBJECT RETURN-PATH' \
		'subject X-MAILER Message-id' 'FROM FROM'; do
		printf 'a SELECT INBOX\r\nb FETCH 1:* (%s BODY.PEEK[%s (%s)])\r\n' \
			UID HEADER.FIELDS "$fields"
	done >"$BED_TMP/commands"
	as_user "$BED_BIN/imapd" --cache=none <"$BED_TMP/commands" |
		grep -a -v -e '^\* OK' -e ' RECENT' >"$BED_TMP/none"
	for n in 1 2; do
		as_user "$BED_BIN/imapd" <"$BED_TMP/commands" |
			grep -a -v -e '^\* OK' -e ' RECENT' >"$BED_TMP/$n"
		cmp "$BED_TMP/none" "$BED_TMP/$n"
	done
	grep -q '^b OK' "$BED_TMP/none"
}
