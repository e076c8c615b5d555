#!/usr/bin/env bats
#
# What a session holds while its client says nothing.

load ../lib/bed
load client

teardown() {
	client_close
	bed_teardown
}

# links N: so many messages, which are one file.
links() {
	maildir_put -f S one.eml
	/usr/bin/python3 - "$MAILDIR/cur" "$1" <<-'EOT'
		import os, sys
		cur, n = sys.argv[1], int(sys.argv[2])
		first = os.path.join(cur, os.listdir(cur)[0])
		for i in range(n - 1):
		    os.link(first, f"{cur}/1700000002.M{i}P2.bed:2,S")
	EOT
	touch -d @1700000003 "$MAILDIR"/{cur,new}
}

imap_open() {
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	client_hear '* OK'
	before_login
	imap_do "LOGIN $BED_USER $BED_PASSWORD"
	after_login
	imap_do 'SELECT INBOX'
}

# imap_do COMMAND: and read to its OK.
imap_do() {
	client_say "t $1"
	REPLY=
	until [[ $REPLY == 't '* ]]; do
		read -rt 60 -u 8 REPLY
	done
	[[ $REPLY == 't OK'* ]]
}

# own_kb PID...: what is in memory for these processes alone.
own_kb() {
	local pid

	for pid; do
		cat "/proc/$pid/smaps_rollup"
	done | awk '/^Private_Dirty:/ { kb += $2 } END { print kb }'
}

holds_at_most() {
	local kb

	kb=$(own_kb "${@:2}")
	echo "$kb KB"
	((kb <= $1))
}

@test "An idle session and its monitor hold less than 300 KB of their own" {
	need_root "a login through PAM"

	links 2000
	start_server imapd
	imap_open
	imap_do LOGOUT
	client_close
	imap_open
	holds_at_most 300 "$SESSION" "$MONITOR"
}

@test "What a command took is given back when the client falls silent" {
	need_root "a login through PAM"

	links 20000
	start_server imapd
	imap_open
	imap_do 'SORT (SUBJECT) UTF-8 ALL'
	imap_do LOGOUT
	client_close
	imap_open
	imap_do 'SORT (SUBJECT) UTF-8 ALL'
	wait_until 10 holds_at_most 1000 "$SESSION"
}
