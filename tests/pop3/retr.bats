# RETR and TOP: every message arrives octet for octet, however it ends.

load ../lib/bed

# retr_form FILE: as RETR sends it: CRLF, dots doubled, NUL as 0x80, an end.
retr_form() {
	perl -0777 -pe '
		s/(?<!\r)\n/\r\n/g;
		tr/\0/\x80/;
		$_ .= "\r\n" if length && !/\n\z/;
		s/^\./../mg;
	' "$1"
}

# gives FILE...: RETR of each of them.
gives() {
	local file i=0

	maildir_put "$@"
	for file; do
		((i += 1))
		[[ $file == /* ]] || file=$BED_MAIL/$file
		retr_form "$file" >"$BED_TMP/form$i"
		cat <<-EOT
			C: RETR $i
			S: +OK...
			S< $BED_TMP/form$i
			S~ .\r\n
		EOT
	done >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
}

@test "lines that begin with a dot have it doubled" {
	gives dots.eml
	login_pop3 <<-'EOT'
		C: RETR 1
		S* ..
		S* .
	EOT
}

@test "a last line without LF is ended before the dot" {
	gives nonl.eml
}

@test "CRLF, bare CR and both in a file" {
	gives crlf.eml mixed.eml
}

@test "an empty message, one without body, one without empty line" {
	gives empty.eml emptybody.eml header.eml
}

@test "8-bit, UTF-8, NUL, and a line of 20,000 octets" {
	gives 8bit.eml utf8.eml nul.eml longline.eml
}

@test "every kind of tail: dots, CRs, LFs" {
	local i=0 tail
	local -a files=()

	for tail in '.' '..' '.\r' '\r' '\n' '\n\n' '\n.' '\n.\n' '\n.\r\n' \
		'\n..' '\n.\r' '\r\n.' '\r\r\n' '\n\r' 'x\n.\n.\n'; do
		((i += 1))
		# shellcheck disable=SC2059
		printf "Subject: $i\n\nbody$tail" >"$BED_TMP/tail$i.eml"
		files+=("$BED_TMP/tail$i.eml")
	done
	gives "${files[@]}"
}

@test "a message of 20 MB" {
	perl -e 'print "Subject: big\n\n", ("." x 70 . "\n") x 280000' \
		>"$BED_TMP/big.eml"
	gives "$BED_TMP/big.eml"
}

@test "RETR of a message that another program removed is -ERR" {
	maildir_put one.eml two.eml
	login_pop3 <<-'EOT'
		C: LIST
		S* .
		RUN rm "$MAILDIR/new/1700000001.M1P1.bed"
		C: RETR 1
		S: -ERR...
		C: TOP 1 1
		S: -ERR...
		C: LIST 1
		S: +OK 1 220
		C: RETR 2
		S* .
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
}

@test "RETR of a message whose flags another program changed" {
	maildir_put one.eml
	wire "$BED_MAIL/one.eml" >"$BED_TMP/wire"
	login_pop3 <<-EOT
		C: STAT
		S: +OK 1 ...
		RUN mv "\$MAILDIR/new/1700000001.M1P1.bed" "\$MAILDIR/cur/1700000001.M1P1.bed:2,FS"
		C: RETR 1
		S: +OK...
		S< $BED_TMP/wire
		S: .
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	[[ $(maildir_count) == 0 ]]
}

@test "RETR of a deleted message is -ERR" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		C: RETR 1
		S: -ERR...
		C: TOP 1 1
		S: -ERR...
		C: DELE 1
		S: -ERR...
	EOT
}

@test "2,000 commands sent before reading any answer" {
	local i

	maildir_put three.eml
	for ((i = 0; i < 2000; i++)); do
		printf 'RETR 1\r\n'
	done >"$BED_TMP/burst"
	printf 'QUIT\r\n' >>"$BED_TMP/burst"
	{
		echo "C< $BED_TMP/burst"
		for ((i = 0; i < 2000; i++)); do
			echo "S: +OK 724 octets"
			echo "S* ."
		done
		echo "S: +OK..."
	} >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
}

@test "what RETR has sent is marked as seen at QUIT, not by TOP or DELE" {
	maildir_put one.eml two.eml three.eml
	login_pop3 <<-'EOT'
		C: RETR 1
		S* .
		C: TOP 2 5
		S* .
		C: QUIT
		S: +OK...
	EOT
	[[ -e $MAILDIR/cur/1700000001.M1P1.bed:2,S ]]
	[[ -e $MAILDIR/new/1700000002.M2P1.bed ]]
	[[ -e $MAILDIR/new/1700000003.M3P1.bed ]]
}

@test "RSET takes the marks of seen back, and without QUIT there are none" {
	maildir_put one.eml two.eml
	login_pop3 <<-'EOT'
		C: RETR 1
		S* .
		C: RSET
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	login_pop3 <<-'EOT'
		C: RETR 2
		S* .
		CLOSE
		EOF
	EOT
	[[ -e $MAILDIR/new/1700000001.M1P1.bed ]]
	[[ -e $MAILDIR/new/1700000002.M2P1.bed ]]
}
