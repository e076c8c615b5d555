#!/usr/bin/env bats
#
# The accept loop: one process that listens, one more for each connection.

load ../lib/bed
load client

teardown() {
	client_close
	exec 7>&- 9>&-
	bed_teardown
}

# start_loop PROGRAM [OPTION...]: LISTEN_FDS, as systemd with Accept=no.
start_loop() {
	local program=$1

	shift
	BED_PORT=$(free_port)
	BED_LOG=$BED_TMP/loop.log
	systemd-socket-activate -l "127.0.0.1:$BED_PORT" \
		"$BED_BIN/$program" "$(bed_pam "$program")" "$@" \
		</dev/null >"$BED_LOG" 2>&1 3>&- &
	LOOP=$!
	bed_remember $LOOP
	wait_for_line "$BED_LOG" '^Listening on'
}

# The log is written after the client was let go.
logouts() {
	[[ $(grep -c 'logout user=' "$BED_LOG") == "$1" ]]
}

@test "connections come and go, and the loop stays" {
	need_root
	maildir_put one.eml
	start_loop pop3d
	for REPLY in 1 2 3; do
		client_open
		log_in
		client_say QUIT
		client_hear '+OK'
		client_sees_end
		client_close
	done
	kill -0 $LOOP
	wait_until 5 logouts 3
	wait_until 5 no_children_of $LOOP
}

no_children_of() {
	[[ -z $(children_of "$1") ]]
}

@test "a connection has no descriptor of the loop" {
	need_root
	start_loop pop3d
	client_open
	wait_until 5 only_child_of $LOOP
	MONITOR=$CHILD
	wait_until 5 only_child_of "$MONITOR"
	FRONT=$CHILD
	[[ $(open_files "$FRONT" | grep -c socket:) == 2 ]]
	log_in
	after_login
	[[ $(open_files "$SESSION" | grep -c socket:) == 2 ]]
}

@test "too many from one source are told so" {
	start_loop pop3d --max-per-source=2
	client_open
	exec 7<>"/dev/tcp/127.0.0.1/$BED_PORT"
	read -rt 10 -u 7 REPLY
	[[ $REPLY == '+OK'* ]]
	exec 9<>"/dev/tcp/127.0.0.1/$BED_PORT"
	read -rt 10 -u 9 REPLY
	[[ $REPLY == '-ERR'*'too many connections'* ]]
	wait_for_line "$BED_LOG" 'refused rhost=127.0.0.1'
	# One leaves, one may come.
	exec 7>&-
	wait_until 5 may_come
}

may_come() {
	exec 9<>"/dev/tcp/127.0.0.1/$BED_PORT" &&
		read -rt 10 -u 9 REPLY && [[ $REPLY == '+OK'* ]]
}

@test "too many in all are told so" {
	start_loop imapd --max-connections=1
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	client_hear '* '
	exec 9<>"/dev/tcp/127.0.0.1/$BED_PORT"
	read -rt 10 -u 9 REPLY
	[[ $REPLY == '* BYE'*'too many connections'* ]]
}

@test "SIGTERM ends the loop and its sessions, exit 0" {
	need_root
	local rc=0

	start_loop pop3d
	client_open
	log_in
	kill $LOOP
	client_sees_end
	wait $LOOP || rc=$?
	[[ $rc == 0 ]]
	wait_for_line "$BED_LOG" "logout user=$BED_USER"
}

@test "a listening socket on descriptor 0 is a loop too" {
	BED_PORT=$(free_port)
	BED_LOG=$BED_TMP/loop.log
	/usr/bin/python3 -c '
import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.dup2(s.fileno(), 0)
os.execv(sys.argv[2], sys.argv[2:])
' "$BED_PORT" "$BED_BIN/pop3d" >"$BED_LOG" 2>&1 3>&- &
	LOOP=$!
	bed_remember $LOOP
	wait_for_port "$BED_PORT"
	client_open
	client_say QUIT
	client_hear '+OK'
	client_sees_end
	kill -0 $LOOP
}

# A flood of connections that say nothing does not shut the others out.
@test "a thousand connections one after the other are all greeted" {
	start_loop pop3d
	/usr/bin/python3 - "$BED_PORT" <<-'EOT'
		import socket, sys
		for _ in range(1000):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    s.settimeout(10)
		    assert s.recv(100).startswith(b"+OK")
		    s.close()
	EOT
}
