# One session at a time.

load ../lib/bed

@test "a second session is told [IN-USE]; after the first it gets in" {
	maildir_put one.eml
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		S2: +OK...
		C2: USER ${user}
		S2: +OK...
		C2: PASS ${password}
		S2: -ERR [IN-USE]...
		EOF2
		C: QUIT
		S: +OK...
		S3: +OK...
		C3: USER ${user}
		S3: +OK...
		C3: PASS ${password}
		S3: +OK...
	EOT
}

@test "the next session may begin as soon as QUIT is answered" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: QUIT
		S: +OK...
		C2: QUIT
		S2: +OK...
		C3: QUIT
		S3: +OK...
	EOT
}

@test "a client that opens its next connection while the last one closes" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: STAT
		S: +OK 1 ...
		CLOSE
		C2: STAT
		S2: +OK 1 ...
		EOF
	EOT
}
