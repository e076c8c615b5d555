#!/usr/bin/env bats
#
# Every way in which a connection can end, and that nothing stays behind: no
# process, no open PAM session, no word to a client that is gone.

load ../lib/bed
load client

setup() {
	bed_setup
	need_root "a login through PAM"
	maildir_put one.eml
	start_server pop3d
	client_open
	before_login
}

teardown() {
	client_close
	bed_teardown
}

monitor_ends() {
	wait_for_line "$BED_LOG" "Child $MONITOR died with code $1"
}

quietly() {
	! grep -E "\[($MONITOR|$FRONT|${SESSION:-none})\]:" "$BED_LOG" |
		grep -vE ': (login|logout|auth-failed) '
}

@test "a client that leaves before login: nothing is logged" {
	client_close
	monitor_ends 0
	quietly
}

@test "a client that leaves after login: a logout, and no complaint" {
	log_in
	after_login
	client_close
	monitor_ends 0
	wait_for_line "$BED_LOG" "logout user=$BED_USER"
	quietly
}

@test "a client that resets the connection: a logout, and no complaint" {
	log_in
	after_login
	/usr/bin/python3 - "$BED_PORT" "$BED_USER" "$BED_PASSWORD" <<-'EOT'
		import socket, struct, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		f = s.makefile("rb")
		f.readline()
		for line in "USER " + sys.argv[2], "PASS " + sys.argv[3]:
		    s.sendall(line.encode() + b"\r\n")
		    f.readline()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
		             struct.pack("ii", 1, 0))
		f.close()
		s.close()
	EOT
	newest_monitor
	monitor_ends 0
	quietly
}

@test "SIGTERM to the session ends the connection, exit 0" {
	log_in
	after_login
	kill "$SESSION"
	client_sees_end
	monitor_ends 0
	wait_for_line "$BED_LOG" "logout user=$BED_USER"
}

@test "SIGTERM to the monitor before login ends the connection, exit 0" {
	kill "$MONITOR"
	client_sees_end
	monitor_ends 0
	quietly
}

@test "SIGTERM to the monitor after login ends the session, exit 0" {
	log_in
	after_login
	kill "$MONITOR"
	client_sees_end
	monitor_ends 0
	wait_for_line "$BED_LOG" "logout user=$BED_USER .*out=[1-9]"
	bed_gone "$SESSION"
}

@test "SIGTERM to the front ends the connection, exit 0" {
	kill "$FRONT"
	client_sees_end
	monitor_ends 0
	quietly
}

@test "a front that is killed is reported, and all ends" {
	kill -9 "$FRONT"
	client_sees_end
	monitor_ends 0
	wait_for_line "$BED_LOG" 'front of 127.0.0.1 ended by signal 9'
}

@test "a session that is killed is reported, and its login is closed" {
	log_in
	after_login
	kill -9 "$SESSION"
	client_sees_end
	monitor_ends 0
	wait_for_line "$BED_LOG" "session of $BED_USER ended by signal 9"
	wait_for_line "$BED_LOG" "logout user=$BED_USER"
}

@test "a monitor that is killed takes the front along" {
	kill -9 "$MONITOR"
	client_sees_end
	wait_until 5 bed_gone "$FRONT"
}

@test "a monitor that is killed takes the session along" {
	log_in
	after_login
	kill -9 "$MONITOR"
	client_sees_end
	wait_until 5 bed_gone "$SESSION"
}

@test "who says nothing is closed at --login-timeout" {
	client_close
	start_server pop3d --login-timeout=3
	client_open
	before_login
	# Octets that come one by one do not stretch it.
	(
		trap '' PIPE
		while printf x >&8; do
			read -rt 0.3 <> <(:)
		done 2>/dev/null
	) || :
	wait_until 6 bed_gone "$MONITOR"
}
