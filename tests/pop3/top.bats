# TOP: the header, the empty line, and so many lines of the body.

load ../lib/bed

@test "TOP n 0 is the header and the empty line" {
	maildir_put dots.eml
	login_pop3 <<-EOT
		C: TOP 1 0
		S: +OK...
$(sed '/^$/,$d' "$BED_MAIL/dots.eml" | sed 's/^/		S: /')
		S:
		S: .
	EOT
}

@test "the count starts behind the empty line, and empty lines count" {
	printf 'Subject: x\n\n\none\n.two\n\nthree\n' >"$BED_TMP/x.eml"
	maildir_put "$BED_TMP/x.eml"
	login_pop3 <<-'EOT'
		C: TOP 1 1
		S: +OK...
		S: Subject: x
		S:
		S:
		S: .
		C: TOP 1 3
		S: +OK...
		S: Subject: x
		S:
		S:
		S: one
		S: ..two
		S: .
	EOT
}

@test "more lines than there are is all, however large the number" {
	maildir_put nonl.eml
	wire "$BED_MAIL/nonl.eml" >"$BED_TMP/wire"
	echo >>"$BED_TMP/wire"
	login_pop3 <<-EOT
		C: TOP 1 99999999
		S: +OK...
		S< $BED_TMP/wire
		S: .
		C: TOP 1 18446744073709551615
		S: +OK...
		S< $BED_TMP/wire
		S: .
		C: TOP 1 4294967296
		S: +OK...
		S< $BED_TMP/wire
		S: .
	EOT
}

@test "a header without its empty line gets one" {
	maildir_put header.eml empty.eml
	wire "$BED_MAIL/header.eml" >"$BED_TMP/wire"
	login_pop3 <<-EOT
		C: TOP 1 0
		S: +OK...
		S< $BED_TMP/wire
		S~ \r\n.\r\n
		C: TOP 2 5
		S: +OK...
		S~ \r\n.\r\n
	EOT
}

@test "numbers that are none are refused, and the session goes on" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: TOP 1
		S: -ERR...
		C: TOP 1 x
		S: -ERR...
		C: TOP 1 -1
		S: -ERR...
		C: TOP 2 1
		S: -ERR...
		C: TOP 1 18446744073709551616
		S: -ERR...
		C: TOP 1 0
		S: +OK...
		S* .
	EOT
}

# tops: TOP n 0 of eight messages, in one write; and in between what is none.
tops() {
	printf 'TOP %s 0\r\n' 1 2 3 4 9 5 6 7 8 8
	printf 'TOP\r\nTOP 1 0 0\r\nTOP 1 1\r\ntop 2 0\nTOP 3 x\r\nSTAT\r\n'
	printf 'DELE 1\r\nTOP 1 0\r\nTOP 2 0\r\nRETR 3\r\nTOP 3 0\r\nRSET\r\n'
	printf 'QUIT\r\n'
}

@test "TOP n 0 out of the index is what the file gives" {
	local n

	{
		seq -f 'X-%05.0f: a header of more than is kept' 1000
		printf '\nbody\n'
	} >"$BED_TMP/long"
	maildir_put header.eml dots.eml crlf.eml nul.eml empty.eml \
		emptybody.eml "$BED_TMP/long" 8bit.eml
	tops | as_user "$BED_BIN/pop3d" --preauth --cache=none \
		>"$BED_TMP/none"
	for n in 1 2; do
		tops | as_user "$BED_BIN/pop3d" --preauth >"$BED_TMP/$n"
		cmp "$BED_TMP/none" "$BED_TMP/$n"
	done
	grep -q '^X-01000' "$BED_TMP/none"
	tail -n 1 "$BED_TMP/none" | grep '^+OK bye'
}
