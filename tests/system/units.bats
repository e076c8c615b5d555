# The installed socket units under systemd as PID 1, with real users.

load ../lib/bed
load ../lib/nspawn
load ../tls/tls

setup_file() {
	bed_setup_file
	tls_certificates
	system_start
	export SYSTEM_PID SYSTEM_NSPAWN
	system_user ada Open-Sesame7 /home/ada
	system_user bob Open-Sesame8 /srv/mail/bob
	system_mail ada /home/ada
	system_mail bob /srv/mail/bob
}

setup() {
	:
}

teardown() {
	inside systemctl stop {imap,pop3}{,s,-loop}.socket 'imap@*' 'pop3@*' \
		'imaps@*' 'pop3s@*' imap-loop pop3-loop || :
	inside rm -rf /run/systemd/system/imap{.socket,@.service}.d
}

teardown_file() {
	system_stop
	bed_teardown_file
}

# system_user NAME PASSWORD HOME
system_user() {
	local hash

	# shellcheck disable=SC2016
	hash=$(perl -e 'print crypt($ARGV[0], q($6$rounds=1000$stdmail$))' \
		-- "$2")
	inside mkdir -p "${3%/*}"
	inside useradd -m -d "$3" -p "$hash" "$1"
}

# system_mail NAME HOME: two messages.
system_mail() {
	local message dir=$2/Maildir

	inside mkdir -p "$dir/cur" "$dir/new" "$dir/tmp"
	for message in one two; do
		inside tee "$dir/new/1700000001.$message.bed" \
			<"$BED_MAIL/$message.eml" >/dev/null
	done
	inside chown -R "$1:" "$dir"
}

# over PORT [OPTION...] <transcript: as ada
over() {
	local port=$1

	shift
	inside_net /usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" \
		-D user=ada -D password=Open-Sesame7 \
		--connect "127.0.0.1:$port" "$@"
}

# in_system COMMAND: for RUN.  The transcript's shell has bed.bash only.
in_system() {
	echo "nsenter -t $SYSTEM_PID -a -- $1"
}

login_and_leave() {
	over 143 --prelude "$IMAP_LOGIN" "$@" <<-'EOT'
		C: a SELECT INBOX
		S* * 2 EXISTS
		S* a OK...
		C: b LOGOUT
		S: * BYE...
		S: b OK...
		EOF
	EOT
}

journal_has() {
	inside journalctl -q --no-pager "${@:2}" | grep -qE -- "$1"
}

@test "imap.socket: login, status of the unit, journal" {
	inside systemctl start imap.socket
	over 143 --prelude "$IMAP_LOGIN" <<-EOT
		C: a SELECT INBOX
		S* * 2 EXISTS
		S* a OK...
		RUN $(in_system "systemctl status 'imap@*'") | grep -E 'Status:.*ada'
		C: b LOGOUT
		S: * BYE...
		S: b OK...
		EOF
	EOT
	wait_until 5 journal_has 'login user=ada rhost=127.0.0.1'
	wait_until 5 journal_has 'logout user=ada rhost=127.0.0.1'
}

@test "the journal has the fields of a login, a logout and a failure" {
	inside systemctl start pop3.socket
	over 110 <<-'EOT'
		S: +OK...
		C: USER ada@example.org
		S: +OK...
		C: PASS wrong
		S: -ERR...
		C: USER ada
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	wait_until 5 journal_has '"SYSLOG_IDENTIFIER" *: *"pop3d"' -o json \
		STDMAIL_EVENT=auth-failed STDMAIL_RHOST=127.0.0.1 \
		STDMAIL_USER=ada@example.org
	wait_until 5 journal_has '"_UID" *: *"0"' -o json \
		STDMAIL_EVENT=login STDMAIL_USER=ada STDMAIL_TLS=no
	wait_until 5 journal_has '"STDMAIL_SECS"' -o json \
		STDMAIL_EVENT=logout STDMAIL_USER=ada
	run ! journal_has "Open-Sesame|wrong" -o json
}

# system_pair: certificate and key where the units look for them.
system_pair() {
	need openssl
	inside mkdir -p /etc/stdmail
	inside tee /etc/stdmail/tls.crt <"$BED_TMP/ec.crt" >/dev/null
	inside sh -c 'umask 077; cat >/etc/stdmail/tls.key' <"$BED_TMP/ec.key"
}

@test "imaps.socket and pop3s.socket: TLS, the pair by LoadCredential" {
	system_pair
	inside systemctl start imaps.socket pop3s.socket
	over 993 --ca "$TLS_CA" <<-'EOT'
		TLS
		S: * OK...
		C: a LOGIN ${user} ${password}
		S* a OK...
		C: b SELECT INBOX
		S* * 2 EXISTS
		S* b OK...
		C: c LOGOUT
		S* c OK...
		EOF
	EOT
	over 995 --ca "$TLS_CA" <<-'EOT'
		TLS
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
}

@test "a drop-in with the pair offers STARTTLS on port 143" {
	system_pair
	inside mkdir -p /run/systemd/system/imap@.service.d
	inside grep LoadCredential \
		/usr/lib/systemd/system/imap@.service >"$BED_TMP/lines"
	{
		echo '[Service]'
		sed 's/^#//' "$BED_TMP/lines"
	} >"$BED_TMP/tls.conf"
	inside tee /run/systemd/system/imap@.service.d/tls.conf \
		<"$BED_TMP/tls.conf" >/dev/null
	inside systemctl daemon-reload
	inside systemctl start imap.socket
	over 143 --ca "$TLS_CA" <<-'EOT'
		S: * OK [CAPABILITY ... STARTTLS...] ...
		C: a STARTTLS
		S: a OK...
		TLS
		C: b LOGIN ${user} ${password}
		S* b OK...
	EOT
	inside rm -r /run/systemd/system/imap@.service.d
	inside systemctl daemon-reload
}

@test "pop3.socket: login, retrieval" {
	inside systemctl start pop3.socket
	over 110 --prelude "$POP3_LOGIN" <<-'EOT'
		C: STAT
		S: +OK 2 ...
		C: RETR 1
		S: +OK...
		S* .
		C: QUIT
		S: +OK...
		EOF
	EOT
}

@test "before login a process of its own user, after it the user's" {
	inside systemctl start imap.socket
	over 143 <<-EOT
		S: * OK...
		RUN $(in_system "ps -C imapd -o user=") | grep -qx stdmail
		C: a LOGIN \${user} \${password}
		S* a OK...
		RUN wait_until 5 bash -c "! $(in_system "ps -C imapd -o user=,stat=") | grep '^stdmail .*[^Z]$'"
		RUN $(in_system "ps -C imapd -o user=") | grep -qx ada
		C: b LOGOUT
		S* b OK...
		EOF
	EOT
	wait_until 5 inside sh -c '! pgrep imapd'
}

@test "three hundred connections in a row do not end the socket" {
	inside systemctl start imap.socket
	inside_net /usr/bin/python3 - <<-'PY'
		import socket
		for n in range(300):
		    s = socket.create_connection(("127.0.0.1", 143), 10)
		    if n % 10 == 0:
		        assert s.recv(100).startswith(b"* OK"), n
		    s.close()
	PY
	inside systemctl is-active imap.socket
	login_and_leave
}

@test "MaxConnectionsPerSource holds, and others are served on" {
	inside mkdir -p /run/systemd/system/imap.socket.d
	inside tee /run/systemd/system/imap.socket.d/few.conf >/dev/null <<-'EOT'
		[Socket]
		MaxConnectionsPerSource=2
	EOT
	inside systemctl daemon-reload
	inside systemctl start imap.socket
	over 143 --beside '[::1]:143' <<-'EOT'
		S: * OK...
		S2: * OK...
		EOF3
		S9: * OK...
		C: a NOOP
		S: a OK...
	EOT
	inside rm -r /run/systemd/system/imap.socket.d
	inside systemctl daemon-reload
}

@test "restarting the socket leaves sessions alone" {
	inside systemctl start imap.socket
	over 143 --prelude "$IMAP_LOGIN" <<-EOT
		C: a NOOP
		S: a OK...
		RUN $(in_system "systemctl restart imap.socket")
		C: b NOOP
		S: b OK...
	EOT
}

@test "stopping a session says BYE" {
	inside systemctl start imap.socket
	over 143 --prelude "$IMAP_LOGIN" <<-EOT
		C: a NOOP
		S: a OK...
		RUN $(in_system "systemctl stop 'imap@*'")
		S: * BYE...
		EOF
	EOT
}

@test "clients that misbehave leave no failed unit" {
	inside systemctl start imap.socket
	over 143 <<-'EOT'
		S: * OK...
		C~ \0\0\0
		DROP
		S2: * OK...
		C2: a LOGIN nobody wrong
		S2: a NO...
		DROP2
	EOT
	login_and_leave
	run -0 inside systemctl --failed --plain --no-legend list-units 'imap@*'
	[[ -z $output ]]
}

@test "imap-loop.socket: the hardened service logs in, and knows its sessions" {
	inside systemctl start imap-loop.socket
	over 143 --prelude "$IMAP_LOGIN" <<-EOT
		C: a SELECT INBOX
		S* * 2 EXISTS
		S* a OK...
		C: b STORE 1 +FLAGS (\Flagged)
		S* b OK...
		C2: a SELECT INBOX
		S2* a OK...
		RUN $(in_system "systemctl status imap-loop") | grep 'Status:'
		C: b LOGOUT
		S* b OK...
		C2: b LOGOUT
		S2* b OK...
	EOT
	inside sh -c 'ls /home/ada/Maildir/cur' | grep ':2,F'
}

@test "a home outside of /home, under both kinds of units" {
	inside systemctl start imap.socket
	login_and_leave -D user=bob -D password=Open-Sesame8
	inside systemctl stop imap.socket
	inside systemctl start imap-loop.socket
	login_and_leave -D user=bob -D password=Open-Sesame8
}

@test "while /etc/nologin exists nobody logs in" {
	inside systemctl start imap.socket
	inside touch /etc/nologin
	over 143 <<-'EOT'
		S: * OK...
		C: a LOGIN ${user} ${password}
		S: a NO...
	EOT
	inside rm /etc/nologin
	login_and_leave
}
