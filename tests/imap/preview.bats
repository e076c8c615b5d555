# PREVIEW (RFC 8970): the first words of a message, made once.

load ../lib/bed

setup() {
	bed_setup
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: image/png' \
		'Content-Transfer-Encoding: base64' '' 'AAAA' >"$BED_TMP/image.eml"
	maildir_put -f - html.eml two.eml utf8.eml "$BED_TMP/image.eml"
}

@test "3.2: the text, folded to one line; \"\" where there is none; \\Seen stays away" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:4 PREVIEW
		S: * 1 FETCH (PREVIEW "The gardens open on Monday.")
		S: * 2 FETCH (PREVIEW "Line 1 Line 2 Line 3 Line 4 ...")
		S: * 3 FETCH (PREVIEW {52}
		S: Schöne Grüße aus Köln, mit Äpfeln, Öl und 雪.)
		S: * 4 FETCH (PREVIEW "")
		S: b OK...
		C: c FETCH 1:4 (FLAGS PREVIEW)
		S: * 1 FETCH (FLAGS () PREVIEW "The gardens open on Monday.")
		S: * 2 FETCH (FLAGS () PREVIEW "Line 1 ...")
		S: * 3 FETCH (FLAGS () PREVIEW {52}
		S: Schöne Grüße aus Köln, mit Äpfeln, Öl und 雪.)
		S: * 4 FETCH (FLAGS () PREVIEW "")
		S: c OK...
	EOT
}

@test "4.1: LAZY gives NIL until it was made, and only with LAZY" {
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1:2 (UID PREVIEW (LAZY) FLAGS)
		S: * 1 FETCH (UID 1 FLAGS () PREVIEW NIL)
		S: * 2 FETCH (UID 2 FLAGS () PREVIEW NIL)
		S: b OK...
		C: c FETCH 1 PREVIEW
		S: * 1 FETCH (PREVIEW "The gardens open on Monday.")
		S: c OK...
		C: d NOOP
		S: d OK...
		C: e FETCH 1:2 PREVIEW (LAZY)
		S: * 1 FETCH (PREVIEW "The gardens open on Monday.")
		S: * 2 FETCH (PREVIEW NIL)
		S: e OK...
		C: f FETCH 2 (BODYSTRUCTURE PREVIEW (LAZY))
		S: * 2 FETCH (PREVIEW "Line 1 ..." BODYSTRUCTURE ...)
		S: f OK...
	EOT
}

@test "3.3: never more than 256 characters" {
	{
		printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
		for i in $(seq 100); do printf 'äöü雪 '; done
		echo
	} >"$BED_TMP/long.eml"
	maildir_make .long
	maildir_put -d .long -f S "$BED_TMP/long.eml"
	rm -f "$BED_TMP"/raw/*
	login_imap <<-'EOT'
		C: a EXAMINE long
		S* a OK...
		C: b FETCH 1 PREVIEW
		S* b OK...
	EOT
	sed -n '/PREVIEW {/{n;p}' "$BED_TMP"/raw/* >"$BED_TMP/preview"
	n=$(python3 -c 'import sys; print(len(open(sys.argv[1], encoding="utf-8").read()))' "$BED_TMP/preview")
	echo "$n characters"
	((n > 100 && n < 210))
}

@test "with a modifier of FETCH behind it, and what is wrong" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* * OK [HIGHESTMODSEQ ${m}] ...
		S: a OK...
		C: b FETCH 1 PREVIEW (CHANGEDSINCE ${m})
		S: * OK [HIGHESTMODSEQ ...
		S: b OK...
		C: c FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE ${m})
		S: c OK...
		C: d FETCH 1 (PREVIEW (HASTY))
		S: d BAD...
		C: e FETCH 1 (PREVIEW ())
		S: e BAD...
	EOT
}
