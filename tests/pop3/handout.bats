# The examples of the handout, each through a pipe and over a socket.

load ../lib/bed

setup_file() {
	bed_setup_file
	if bed_root; then
		make_user Ilyas 'CodingMonk?L7*5'
	fi
}

# eml OCTETS: a message of so many octets on the wire.
eml() {
	local head=$'From: a@example.org\nSubject: handout\n\n' n
	n=$(($1 - ${#head} - 3))

	printf '%s' "$head"
	# Lines of 72 octets, then what is left.
	while ((n > 74)); do
		printf '%072d\n' 0
		((n -= 74))
	done
	printf '%0*d\n' $((n - 2)) 0
}

setup() {
	need_root "a login through PAM"
	bed_setup
	eml 414 >"$BED_TMP/414.eml"
	eml 160 >"$BED_TMP/160.eml"
	(
		# shellcheck disable=SC2034 # bed's functions read it
		BED_USER=Ilyas
		BED_HOME=$BED_TMP/home-Ilyas
		MAILDIR=$BED_HOME/Maildir
		rm -rf "$MAILDIR"
		maildir_make ''
		maildir_put "$BED_TMP/414.eml" "$BED_TMP/160.eml"
	)
}

# both <transcript: the same through a pipe and over a socket.
both() {
	local script

	script=$(cat)
	VIA=pipe pop3 <<<"$script"
	VIA=socket pop3 <<<"$script"
}

LOGIN='S: +OK...
C: USER Ilyas@boitemail.com
S: +OK...
C: PASS CodingMonk?L7*5
S: +OK Ilyas@boitemail.com has 2 messages'

@test "USER and PASS: the answer names the user and the number of messages" {
	both <<-EOT
		$LOGIN
	EOT
}

@test "STAT gives the count and the octets" {
	both <<-EOT
		$LOGIN
		C: STAT
		S: +OK 2 574
	EOT
}

@test "LIST gives the size of each message, or of one" {
	both <<-EOT
		$LOGIN
		C: LIST
		S: +OK...
		S: 1 414
		S: 2 160
		S: .
		C: LIST 2
		S: +OK 2 160
	EOT
}

@test "RETR gives the message and a dot" {
	sed 's/$/\r/' "$BED_TMP/414.eml" >"$BED_TMP/wire"
	both <<-EOT
		$LOGIN
		C: RETR 1
		S: +OK...
		S< $BED_TMP/wire
		S: .
	EOT
}

@test "DELE marks, RSET takes back, a connection without QUIT removes nothing" {
	both <<-EOT
		$LOGIN
		C: DELE 1
		S: +OK message 1 deleted
		C: STAT
		S: +OK 1 160
		C: RSET
		S: +OK...
		C: STAT
		S: +OK 2 574
		C: NOOP
		S: +OK...
		C: DELE 1
		S: +OK message 1 deleted
		CLOSE
		EOF
	EOT
}

@test "TOP gives the header, the empty line and so many lines" {
	both <<-EOT
		$LOGIN
		C: TOP 1 2
		S: +OK...
		S: From: a@example.org
		S: Subject: handout
		S:
		S: 000...
		S: 000...
		S: .
		C: TOP 1 10
		S: +OK...
		S: From: a@example.org
		S* .
	EOT
}

@test "UIDL gives a name for each message, or for one" {
	both <<-EOT
		$LOGIN
		C: UIDL
		S: +OK...
		S: 1 \${first}
		S: 2 \${second}
		S: .
		C: UIDL 2
		S: +OK 2 \${second}
	EOT
}

@test "QUIT removes what was marked" {
	VIA=pipe pop3 <<-EOT
		$LOGIN
		C: DELE 1
		S: +OK message 1 deleted
		C: QUIT
		S: +OK...
		EOF
	EOT
	VIA=socket pop3 <<-EOT
		S: +OK...
		C: USER Ilyas@boitemail.com
		S: +OK...
		C: PASS CodingMonk?L7*5
		S: +OK Ilyas@boitemail.com has 1 messages
		C: STAT
		S: +OK 1 160
		C: DELE 1
		S: +OK message 1 deleted
		C: QUIT
		S: +OK...
		EOF
	EOT
	[[ $(find "$BED_TMP/home-Ilyas/Maildir/new" -type f) == "" ]]
}
