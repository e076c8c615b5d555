# DELE, RSET, QUIT: what is marked goes at QUIT and at no other end.

load ../lib/bed

@test "DELE hides a message until RSET brings it back" {
	maildir_put one.eml two.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK message 1 deleted
		C: RETR 1
		S: -ERR...
		C: STAT
		S: +OK 1 667
		C: RSET
		S: +OK...
		C: STAT
		S: +OK 2 887
		C: RETR 1
		S* .
		C: QUIT
		S: +OK...
	EOT
	[[ $(maildir_count) == 2 ]]
}

@test "QUIT removes what is marked, and nothing else" {
	maildir_put one.eml
	maildir_put -f S two.eml three.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		C: DELE 3
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
	[[ -e $MAILDIR/cur/1700000002.M2P1.bed:2,S ]]
}

@test "the client closes without QUIT: nothing is removed" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		CLOSE
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "the client is gone at once: nothing is removed" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		DROP
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "a QUIT cut in the middle is no QUIT" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		C~ QUIT
		CLOSE
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "QUIT behind DELE and gone without reading: the message is removed" {
	maildir_put one.eml two.eml
	login_pop3 <<-'EOT'
		C~ DELE 1\r\nQUIT\r\n
		CLOSE
		S* +OK message 1 deleted
		S: +OK...
	EOT
	[[ $(maildir_count) == 1 ]]
}

none_left() {
	[[ $(maildir_count) == 0 ]]
}

@test "QUIT behind RETR and DELE, and a reset at once: it counts" {
	maildir_put three.eml
	login_pop3 <<-'EOT'
		C~ RETR 1\r\nDELE 1\r\nQUIT\r\n
		DROP
	EOT
	wait_until 5 none_left
}

@test "the time-out removes nothing and says nothing (RFC 1939 3)" {
	maildir_put one.eml
	login_pop3 --idle-timeout=1 <<-'EOT'
		C: DELE 1
		S: +OK...
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "SIGTERM removes nothing and says nothing" {
	need_root "processes of its own user"
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		RUN pkill -TERM -u "$BED_USER" -x pop3d
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "a killed session removes nothing and locks nobody out" {
	need_root "processes of its own user"
	maildir_put one.eml
	login_pop3 <<-'EOT'
		EXIT -9
		C: DELE 1
		S: +OK...
		RUN pkill -KILL -u "$BED_USER" -x pop3d
		EOF
	EOT
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 1 220
	EOT
}

@test "what cannot be removed is told at QUIT, and the rest is removed" {
	need_root "a file that cannot be unlinked"
	need chattr
	maildir_put one.eml two.eml three.eml
	chattr +i "$MAILDIR/new/1700000002.M2P1.bed" 2>/dev/null ||
		skip "this file system has no immutable files"
	run login_pop3 <<-'EOT'
		C~ DELE 1\r\nDELE 2\r\nDELE 3\r\nQUIT\r\n
		S: +OK...
		S: +OK...
		S: +OK...
		S: -ERR [SYS/PERM] some deleted messages were not removed
		EOF
	EOT
	chattr -i "$MAILDIR/new/1700000002.M2P1.bed"
	echo "$output"
	((status == 0))
	[[ $(maildir_count) == 1 ]]
}

@test "a folder that cannot be written: QUIT says so, nothing is lost" {
	need_root "a folder of another user"
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 1 220
	EOT
	chown root: "$MAILDIR/new"
	chmod 755 "$MAILDIR/new"
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		C: QUIT
		S: -ERR [SYS/PERM]...
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "1,000 DELEs and QUIT" {
	local i

	for ((i = 1; i <= 1000; i++)); do
		printf 'x: y\n\nz\n' >"$MAILDIR/new/$((1700000000 + i)).M1P1.bed"
		printf 'DELE %d\r\n' $i >&3
	done 3>"$BED_TMP/burst"
	bed_own "$MAILDIR"/new/*
	printf 'QUIT\r\n' >>"$BED_TMP/burst"
	{
		echo "C< $BED_TMP/burst"
		for ((i = 1; i <= 1000; i++)); do
			echo "S: +OK message $i deleted"
		done
		echo "S: +OK..."
		echo EOF
	} >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
	[[ $(maildir_count) == 0 ]]
}
