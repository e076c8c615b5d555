#!/usr/bin/env bats
#
# What each process of a connection is and may do, as /proc shows it.

load ../lib/bed
load client

teardown() {
	client_close
	bed_teardown
}

@test "before login: the front is nobody, in an empty root, filtered" {
	need_root
	local id files

	start_server pop3d
	client_open
	before_login
	id=$(id -u stdmail 2>/dev/null || id -u nobody)
	is "$FRONT" Uid "$(same_ids "$id")"
	[[ $(status "$FRONT" Gid) != *[[:space:]]0* ]]
	is "$FRONT" Groups ''
	confined "$FRONT"
	[[ -z $(ls -A "/proc/$FRONT/root/") ]]
	[[ $(readlink "/proc/$FRONT/cwd") == "$(readlink "/proc/$FRONT/root")" ]]
	# The client, the record socket, and the log.
	files=$(open_files "$FRONT")
	[[ $(grep -c socket: <<<"$files") == 2 ]]
	[[ $(grep -cvE ' (socket:.*|/dev/null)$' <<<"$files") == 1 ]]
}

@test "before login: the monitor is root and cannot be traced" {
	need_root

	start_server pop3d
	client_open
	before_login
	is "$MONITOR" Uid "$(same_ids 0)"
	is "$MONITOR" NoNewPrivs 0
	# Not dumpable: /proc shows its files as root's.
	[[ $(stat -c %u "/proc/$MONITOR/fd") == 0 ]]
}

@test "after login: the session is the user, confined, and the front is gone" {
	need_root
	local client

	maildir_put one.eml
	start_server pop3d
	client_open
	before_login
	log_in
	after_login
	is "$SESSION" Uid "$(same_ids "$(id -u "$BED_USER")")"
	is "$SESSION" Gid "$(same_ids "$(id -g "$BED_USER")")"
	[[ $(status "$SESSION" Groups | xargs) == "$(id -G "$BED_USER")" ]]
	confined "$SESSION"
	# Only the session holds the client, or no end could be seen.
	client=$(readlink "/proc/$SESSION/fd/0")
	[[ $client == socket:* ]]
	[[ $(open_files "$MONITOR") != *"$client"* ]]
	[[ $(open_files "$SESSION" | grep -cF "$client") == 1 ]]
	client_say QUIT
	client_hear '+OK'
	client_sees_end
	wait_until 5 bed_gone "$MONITOR"
}

@test "the user's other groups are the session's" {
	need_root
	local group=$BED_USER-g

	groupadd "$group"
	gpasswd -a "$BED_USER" "$group" >/dev/null
	start_server pop3d
	client_open
	before_login
	log_in
	after_login
	groupdel "$group"
	[[ $(status "$SESSION" Groups | wc -w) == 2 ]]
}

@test "a pipe of a user is one process, confined like a session" {
	local pid server

	coproc SERVER { as_user "$BED_BIN/pop3d" --preauth 2>/dev/null 8>&-; }
	read -rt 10 -u "${SERVER[0]}" REPLY
	[[ $REPLY == '+OK'* ]]
	# env and setpriv make way for the program: its shell's only child.
	# shellcheck disable=SC2153
	server=$SERVER_PID
	pid=$server
	if only_child_of "$pid"; then
		pid=$CHILD
	fi
	confined "$pid"
	is "$pid" Uid "$(same_ids "$(id -u "$BED_USER")")"
	[[ -z $(children_of "$pid") ]]
	echo QUIT >&"${SERVER[1]}"
	read -rt 10 -u "${SERVER[0]}" REPLY
	[[ $REPLY == '+OK'* ]]
	wait "$server"
}

@test "root with --user becomes that user, groups too" {
	need_root
	local pid

	coproc SERVER { exec "$BED_BIN/pop3d" "--user=$BED_USER" 2>/dev/null 8>&-; }
	read -rt 10 -u "${SERVER[0]}" REPLY
	[[ $REPLY == '+OK'* ]]
	pid=$SERVER_PID
	confined "$pid"
	is "$pid" Uid "$(same_ids "$(id -u "$BED_USER")")"
	[[ $(status "$pid" Groups | xargs) == "$(id -G "$BED_USER")" ]]
	echo QUIT >&"${SERVER[1]}"
	wait "$pid"
}

# A server that somebody runs who is not root.
start_as_user() {
	start_launcher setpriv "--reuid=$BED_USER" \
		"--regid=$(id -g "$BED_USER")" --clear-groups \
		systemd-socket-activate --accept --inetd
}

# Started by somebody who is not root: three processes all the same.
@test "without root the front is filtered, and the log says what is missing" {
	need_root "to become somebody else"
	local id

	id=$(id -u "$BED_USER")
	start_as_user
	client_open
	before_login
	is "$FRONT" Uid "$(same_ids "$id")"
	confined "$FRONT"
	wait_for_line "$BED_LOG" 'not root'
	log_in
	after_login
	is "$SESSION" Uid "$(same_ids "$id")"
	confined "$SESSION"
}

@test "without root nobody but the caller can log in" {
	need_root "to become somebody else"
	local other=$BED_USER-o

	make_user "$other" "$BED_PASSWORD"
	start_as_user
	client_open
	client_say "USER $other"
	client_hear '+OK'
	client_say "PASS $BED_PASSWORD"
	client_hear '-ERR'
	wait_for_line "$BED_LOG" "auth-failed user=$other .*reason=not-the-caller"
}

@test "a Maildir and a folder that are links to another place are served" {
	local far=$BED_HOME/far

	mv "$MAILDIR" "$far"
	ln -s far "$MAILDIR"
	mkdir "$BED_TMP/archive"
	mkdir "$BED_TMP/archive/cur" "$BED_TMP/archive/new" "$BED_TMP/archive/tmp"
	cp "$BED_MAIL/one.eml" "$BED_TMP/archive/cur/1700000009.M9P1.bed:2,S"
	bed_own -R "$BED_TMP/archive"
	ln -s "$BED_TMP/archive" "$far/.Archive"
	maildir_put two.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1 BODY.PEEK[HEADER]
		S* b OK...
		C: c SELECT Archive
		S* * 1 EXISTS
		S* c OK...
		C: d STORE 1 +FLAGS (\Flagged)
		S* d OK...
		C: e LOGOUT
		S* e OK...
	EOT
	[[ -e $BED_TMP/archive/cur/1700000009.M9P1.bed:2,FS ]]
	rm -r "$BED_TMP/archive"
}
