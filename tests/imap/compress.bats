# COMPRESS=DEFLATE (RFC 4978): the same dialogue in fewer octets.

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f S one.eml two.eml three.eml
}

@test "3: after OK both sides are compressed, and each answer comes whole" {
	login_imap <<-'EOT'
		C: a COMPRESS DEFLATE
		S: a OK ...
		DEFLATE
		C: b SELECT INBOX
		S* b OK...
		C: c FETCH 1 BODY.PEEK[]
		S* c OK...
		C: d IDLE
		S: + ...
		RUN maildir_put one.eml
		S: * 4 EXISTS
		S: * 1 RECENT
		C: DONE
		S: d OK...
		C~ e NOOP\r\nf NOOP\r\ng LOGIN x {3}\r\n
		S: e OK...
		S: f OK...
		S: g BAD...
		C: h LOGOUT
		S: * BYE...
		S: h OK...
		EOF
	EOT
}

@test "literals in both directions" {
	login_imap <<-'EOT'
		C: a COMPRESS deflate
		S: a OK ...
		DEFLATE
		C: b STATUS {5}
		S: + ...
		C: INBOX (MESSAGES)
		S: * STATUS INBOX (MESSAGES 3)
		S: b OK...
		C~ c STATUS {5+}\r\nINBOX (MESSAGES)\r\n
		S: * STATUS INBOX (MESSAGES 3)
		S: c OK...
	EOT
}

@test "3: twice, another mechanism, before login: BAD and not compressed" {
	login_imap <<-'EOT'
		C: a COMPRESS LZW
		S: a BAD...
		C: b COMPRESS
		S: b BAD...
		C: c COMPRESS DEFLATE
		S: c OK...
		DEFLATE
		C: d COMPRESS DEFLATE
		S: d BAD [COMPRESSIONACTIVE] ...
		C: e NOOP
		S: e OK...
	EOT
	imap <<-'EOT'
		S: * OK...
		C: a COMPRESS DEFLATE
		S: a BAD...
	EOT
}

@test "time-out and SIGTERM are told compressed" {
	login_imap --idle-timeout=1 <<-'EOT'
		C: a COMPRESS DEFLATE
		S: a OK...
		DEFLATE
		S: * BYE [UNAVAILABLE] ...
		EOF
	EOT
}

@test "octets that are no DEFLATE end the session, quietly" {
	login_imap <<-'EOT'
		C: a COMPRESS DEFLATE
		S: a OK...
		C~ \xff\xff\xff\xff\xff\xff
		EOF
	EOT
}

@test "a kilobyte that stands for a megabyte meets the limits of a line" {
	cat >"$BED_TMP/bomb.py" <<-'EOT'
		import resource, subprocess, sys, zlib
		z = zlib.compressobj(9, zlib.DEFLATED, -15)
		bomb = z.compress(b"b NOOP ")
		for i in range(1 << 10):
		    bomb += z.compress(b"x" * (1 << 16))
		bomb += z.compress(b"\r\nc NOOP\r\n") + z.flush(zlib.Z_SYNC_FLUSH)
		text = subprocess.run(sys.argv[1:], check=True,
		                      input=b"a COMPRESS DEFLATE\r\n" + bomb,
		                      stdout=subprocess.PIPE).stdout
		at = text.index(b"\n", text.index(b"a OK")) + 1
		answer = zlib.decompressobj(-15).decompress(text[at:])
		assert answer.startswith(b"b BAD") and b"\nc OK" in answer, answer
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		print(len(bomb), "octets; peak", peak, "KiB")
		# A sanitizer's shadow is no measure.
		assert "san" in sys.argv[1] or peak < 32 << 10, peak
	EOT
	as_user python3 "$BED_TMP/bomb.py" "$BED_BIN/imapd" --maildir="$MAILDIR"
}

@test "it saves what it should" {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		maildir_put -f S header.eml mixed.eml html.eml
	done
	cat >"$BED_TMP/script" <<-'EOT'
		C: b SELECT INBOX
		S* b OK...
		C: c FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])
		S* c OK...
		C: d LOGOUT
		S* d OK...
		EOF
	EOT
	login_imap <"$BED_TMP/script"
	plain=$(cat "$BED_TMP"/raw/* | wc -c)
	{
		printf 'a COMPRESS DEFLATE\r\n'
		python3 -c 'import sys, zlib
z = zlib.compressobj(wbits=-15)
sys.stdout.buffer.write(z.compress(b"b SELECT INBOX\r\nc FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER])\r\nd LOGOUT\r\n") + z.flush())'
	} | as_user "$BED_BIN/imapd" --maildir="$MAILDIR" >"$BED_TMP/answer"
	small=$(wc -c <"$BED_TMP/answer")
	echo "plain $plain, compressed $small"
	((small * 4 < plain))
}
