#!/usr/bin/env bats
#
# The descriptor decides: what each start means, and what a launcher cannot do
# to the program.

load ../lib/bed
load client

teardown() {
	client_close
	bed_teardown
}

# How inetd starts a program: the client on 0, 1 and 2.  Prints all that the
# client got.
as_inetd() {
	/usr/bin/python3 - "$@" <<-'EOT'
		import os, socket, sys
		server = socket.create_server(("127.0.0.1", 0))
		client = socket.create_connection(server.getsockname())
		conn, _ = server.accept()
		pid = os.fork()
		if pid == 0:
		    for fd in 0, 1, 2:
		        os.dup2(conn.fileno(), fd)
		    os.execv(sys.argv[1], sys.argv[1:])
		conn.close()
		server.close()
		client.sendall(b"QUIT\r\n")
		client.settimeout(10)
		try:
		    while data := client.recv(4096):
		        sys.stdout.buffer.write(data)
		except ConnectionResetError:
		    pass
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	EOT
}

@test "under inetd nothing but the protocol reaches the client" {
	run as_inetd "$BED_BIN/pop3d"
	[[ $status == 0 ]]
	[[ ${#lines[@]} == 2 ]]
	[[ ${lines[0]} == '+OK'* && ${lines[1]} == '+OK'* ]]
}

@test "under inetd a wrong option is not told to the client" {
	run as_inetd "$BED_BIN/pop3d" --no-such-option
	[[ $status == 64 && -z $output ]]
}

@test "a wrong option is one line on standard error and exit 64" {
	local option

	for option in --nonsense extra -v --maildir --maildir= --preauth=yes \
		--tls=maybe --login-timeout=0 --login-timeout=1x \
		--max-message=-1 --max-message=1Q --separator=ab \
		--separator='"' --plaintext-login=; do
		run --separate-stderr "$BED_BIN/pop3d" "$option" </dev/null
		[[ $status == 64 && -z $output ]]
		# shellcheck disable=SC2154
		[[ ${#stderr_lines[@]} == 1 ]]
	done
}

@test "--help and --version answer on standard output" {
	run --separate-stderr "$BED_BIN/imapd" --version
	[[ $status == 0 && $output == 'imapd (stdmail) '* && -z $stderr ]]
	run --separate-stderr "$BED_BIN/imapd" --help
	[[ $status == 0 && $output == *--maildir=* && -z $stderr ]]
}

@test "a network client is never taken for logged in" {
	local option

	for option in --preauth "--user=$BED_USER"; do
		run as_inetd "$BED_BIN/imapd" "$option"
		[[ $status == 64 && -z $output ]]
	done
}

@test "only root names another user" {
	run as_user "$BED_BIN/pop3d" --user=nobody </dev/null
	[[ $status == 64 && $output == *'only root'* ]]
}

@test "root's mail is not served" {
	need_root
	run "$BED_BIN/imapd" --user=root </dev/null
	[[ $status == 77 ]]
	run "$BED_BIN/imapd" --user=no-such-user </dev/null
	[[ $status == 67 ]]
}

@test "a pipe of a user: IMAP is logged in, POP3 asks unless --preauth" {
	run --separate-stderr as_user "$BED_BIN/imapd" </dev/null
	[[ $status == 0 && $output == '* PREAUTH '* ]]
	run --separate-stderr as_user "$BED_BIN/pop3d" --preauth <<<$'STAT\r'
	[[ $status == 0 && ${lines[1]} == '+OK 0 0'* ]]
	run --separate-stderr as_user "$BED_BIN/pop3d" <<<$'STAT\r'
	[[ $status == 0 && ${lines[1]} == '-ERR'* ]]
}

@test "a pipe of root asks for a login" {
	need_root
	run --separate-stderr "$BED_BIN/imapd" </dev/null
	[[ $status == 0 && $output == '* OK '* ]]
}

# A pair of our own parent's is a pipe; a socket in the file system, which any
# user may connect to, is not.
@test "a UNIX socket is the user's own only when he holds its other end" {
	need_root "to be somebody else"
	local mine

	for mine in 1 0; do
		run --separate-stderr as_user /usr/bin/python3 -c '
import os, socket, sys
path = sys.argv[2]
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o777)
server.listen()
print("listening", flush=True)
conn, _ = server.accept()
for fd in 0, 1:
    os.dup2(conn.fileno(), fd)
os.execv(sys.argv[1], [sys.argv[1], "--pam-service=none"])
' "$BED_BIN/imapd" "$BED_HOME/socket$mine" &
		bed_remember $!
		wait_until 5 test -S "$BED_HOME/socket$mine"
		chmod 711 "$BED_HOME"
		run greeting_of $mine "$BED_HOME/socket$mine"
		if ((mine)); then
			[[ $output == '* PREAUTH'* ]]
		else
			[[ $output == '* OK'* ]]
		fi
	done
}

greeting_of() {
	local who=$BED_USER

	(($1)) || who=nobody
	setpriv "--reuid=$who" --clear-groups "--regid=$(id -g "$who")" \
		/usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
while True:
    try:
        s.connect(sys.argv[1])
        break
    except ConnectionRefusedError:
        time.sleep(0.02)
print(s.makefile().readline())
' "$2"
}

@test "descriptors that are closed do no harm" {
	# Closed for the program alone: here bash would put a pipe in its place.
	run as_user bash -c '"$1" <&-' - "$BED_BIN/imapd"
	[[ $status == 0 ]]
	run as_user bash -c '"$1" <&- >&- 2>&-' - "$BED_BIN/imapd"
	[[ $status == 0 ]]
}

# server_below PID: the program that it became or started, into CHILD.
server_below() {
	local child

	CHILD=$1
	while child=$(children_of "$CHILD") && [[ $child =~ ^[0-9]+$ ]]; do
		CHILD=$child
	done
	[[ $(status "$CHILD" Name) == pop3d ]]
}

@test "signals that a launcher ignores or blocks are as they should be" {
	local pid

	coproc SERVER {
		trap '' PIPE CHLD TERM
		as_user "$BED_BIN/pop3d" --preauth 2>/dev/null 8>&-
	}
	pid=$SERVER_PID
	read -rt 10 -u "${SERVER[0]}" REPLY
	wait_until 5 server_below "$pid"
	pid=$CHILD
	# Ignored: SIGPIPE, 13, alone.  Caught: SIGTERM, 15.  (32 and 33 are
	# the C library's own; what make starts has them ignored.)
	(($((16#$(status "$pid" SigIgn) & 0x7fffffff)) == 1 << 12))
	(($((16#$(status "$pid" SigCgt))) & (1 << 14)))
	echo QUIT >&"${SERVER[1]}"
	wait_until 5 bed_gone "$pid"
}

@test "a socket passed by LISTEN_FDS is served, without a copy on 0" {
	need_root
	start_launcher systemd-socket-activate --accept
	client_open
	before_login
	log_in
	after_login
	[[ $(open_files "$SESSION" | grep -c socket:) == 2 ]]
	client_say QUIT
	client_hear '+OK'
	client_sees_end
}

@test "--proxy-protocol: the client's address is the balancer's word" {
	need_root
	start_server pop3d --proxy-protocol
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	printf 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 110\r\n' >&8
	client_hear '+OK'
	# Not loopback any more: no password in the clear.
	client_say "USER $BED_USER"
	client_hear '-ERR'
	client_close
	start_server pop3d --proxy-protocol --plaintext-login=always
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	printf 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 110\r\n' >&8
	client_hear '+OK'
	log_in
	wait_for_line "$BED_LOG" "login user=$BED_USER rhost=192.0.2.7 "
}

@test "--proxy-protocol: a client without a header gets no word" {
	start_server pop3d --proxy-protocol
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	client_say 'CAPA this is no header'
	client_sees_end
}
