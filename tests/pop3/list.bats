# STAT and LIST: sizes are those of what RETR sends.

load ../lib/bed

@test "an empty mailbox" {
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 0 0
		C: LIST
		S: +OK...
		S: .
		C: LIST 1
		S: -ERR...
		C: UIDL
		S: +OK...
		S: .
	EOT
}

@test "STAT, the sum of LIST, and what RETR sends are equal (RFC 1939 11)" {
	local files=("$BED_MAIL"/*.eml) n
	n=${#files[@]}
	maildir_put "${files[@]}"
	{
		printf 'STAT\r\nLIST\r\n'
		for ((i = 1; i <= n; i++)); do
			printf 'RETR %d\r\n' $i
		done
	} | as_user "$BED_BIN/pop3d" --preauth >"$BED_TMP/out"
	perl -0777 -e '
		$_ = <>;
		s/^\+OK .*\r\n// or die "greeting";
		s/^\+OK (\d+) (\d+)\r\n// or die "STAT";
		my ($n, $stat, $sum, @size) = ($1, $2, 0);
		s/^\+OK .*\r\n// or die "LIST";
		push @size, $1 while s/^\d+ (\d+)\r\n//;
		s/^\.\r\n// or die "dot";
		@size == $n or die "LIST has " . @size . " of $n";
		for (@size) { $sum += $_ }
		$sum == $stat or die "sum $sum, STAT $stat";
		for my $want (@size) {
			s/^\+OK .*\r\n// or die "RETR: " . substr($_, 0, 80);
			s/^((?:(?!\.\r\n)[^\n]*\n)*)\.\r\n// or die "message";
			my $message = $1;
			$message =~ s/^\.//mg;
			length($message) == $want or
				die "RETR sends " . length($message) . ", not $want";
		}
		$_ eq "" or die "more: $_";
	' "$BED_TMP/out"
}

@test "a message marked by DELE is not counted and not listed" {
	maildir_put one.eml two.eml three.eml
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 3 1611
		C: DELE 2
		S: +OK...
		C: STAT
		S: +OK 2 ${left}
		C: LIST
		S: +OK 2 messages, ${left} octets
		S: 1 ...
		S: 3 ...
		S: .
		C: LIST 2
		S: -ERR...
		C: UIDL 2
		S: -ERR...
		C: LIST 3
		S: +OK 3 ...
	EOT
}

@test "numbers that are none leave the session in step" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C~ LIST 0\r\nLIST -1\r\nLIST 4294967297\r\nLIST 1x\r\nLIST 99999999999999999999999\r\nLIST 2\r\nNOOP\r\n
		S: -ERR no such message
		S: -ERR...
		S: -ERR no such message
		S: -ERR...
		S: -ERR...
		S: -ERR no such message
		S: +OK...
		C~ RETR\r\nRETR 1 2\r\nDELE 0\r\nTOP 1\r\nTOP 1 -1\r\nTOP 0 1\r\nSTAT 1\r\nLIST 1\r\n
		S: -ERR...
		S: -ERR...
		S: -ERR...
		S: -ERR...
		S: -ERR...
		S: -ERR...
		S: -ERR...
		S: +OK 1 ...
	EOT
}

@test "what is delivered during a session is for the next one" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 1 220
		RUN maildir_put two.eml
		C: STAT
		S: +OK 1 220
		C: RETR 2
		S: -ERR...
		C: QUIT
		S: +OK...
	EOT
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 2 ...
	EOT
}

@test "reading the maildrop moves nothing out of new/" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 1 ...
		C: TOP 1 0
		S* .
		C: QUIT
		S: +OK...
	EOT
	[[ -e $MAILDIR/new/1700000001.M1P1.bed ]]
}

@test "a message that cannot be read keeps its number and its place in LIST" {
	need_root "a file of another user"
	maildir_put one.eml two.eml three.eml
	chown root: "$MAILDIR/new/1700000002.M2P1.bed"
	login_pop3 <<-'EOT'
		C: LIST
		S: +OK 3 ...
		S: 1 220
		S: 2 640
		S: 3 724
		S: .
		C: RETR 2
		S: -ERR [SYS/PERM]...
		C: TOP 2 0
		S: -ERR [SYS/PERM]...
		C: RETR 3
		S* .
		C: QUIT
		S: +OK...
	EOT
}
