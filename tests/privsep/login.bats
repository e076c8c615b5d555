#!/usr/bin/env bats
#
# Who may log in, and what those learn who may not.

load ../lib/bed
load client

teardown() {
	rm -f "/etc/pam.d/$BED_USER-own"
	client_close
	bed_teardown
}

# own_pam SED-SCRIPT: the shipped PAM file, changed; $OWN is its option.
own_pam() {
	need_root
	sed -E "$1" "$BED_ROOT/units/pop3.pam" >"/etc/pam.d/$BED_USER-own"
	OWN=--pam-service=$BED_USER-own
}

logged() {
	wait_for_line "$BED_TMP/talk.log" "$1" 5
}

# ms_of_try USER PASSWORD: how long the answer takes, in MS.
ms_of_try() {
	local begin

	client_say "USER $1"
	client_hear '+OK'
	begin=${EPOCHREALTIME/[.,]/}
	client_say "PASS $2"
	client_hear '-ERR'
	MS=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
}

@test "the right password logs in, and login and logout are logged" {
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	logged "login user=$BED_USER rhost=\"\" method=pop3 tls=no"
	logged "logout user=$BED_USER .*in=[0-9]+ out=[0-9]+ secs=[0-9.]+ retr=0"
	run ! grep -q "$BED_PASSWORD" "$BED_TMP/talk.log"
}

@test "a wrong password, an unknown user and root: same words, same time" {
	local -a said=() ms=()
	local who

	need_root
	for who in "$BED_USER" no-such-user root; do
		start_server pop3d
		client_open
		ms_of_try "$who" wrong
		said+=("$REPLY")
		ms+=("$MS")
		client_close
	done
	[[ ${said[0]} == "${said[1]}" && ${said[1]} == "${said[2]}" ]]
	echo "took ${ms[*]} ms"
	for MS in "${ms[@]}"; do
		((MS >= 995 && MS < 1250))
	done
	wait_for_line "$BED_LOG" 'auth-failed user=root .*reason=uid-0'
}

@test "the third failure ends the connection, each takes a second longer" {
	need_root
	start_server pop3d
	client_open
	before_login
	ms_of_try "$BED_USER" wrong
	((MS >= 995 && MS < 1900))
	ms_of_try "$BED_USER" wrong
	((MS >= 1995 && MS < 2900))
	ms_of_try "$BED_USER" wrong
	((MS >= 2995))
	client_sees_end
	wait_until 5 bed_gone "$MONITOR"
	[[ $(grep -c 'auth-failed .*reason=password' "$BED_LOG") == 3 ]]
}

@test "a success after a failure is not delayed" {
	local begin

	need_root
	start_server pop3d
	client_open
	ms_of_try "$BED_USER" wrong
	begin=${EPOCHREALTIME/[.,]/}
	log_in
	((${EPOCHREALTIME/[.,]/} - begin < 700000))
}

@test "a client that leaves during the delay keeps nobody waiting" {
	local begin=${EPOCHREALTIME/[.,]/}

	need_root
	start_server pop3d
	client_open
	before_login
	client_say "USER $BED_USER"
	client_say 'PASS wrong'
	wait_for_line "$BED_LOG" auth-failed
	kill "$FRONT"
	wait_until 5 bed_gone "$MONITOR"
	((${EPOCHREALTIME/[.,]/} - begin < 4000000))
}

@test "user@domain is user, its case kept" {
	pop3 <<-'EOT'
		S: +OK...
		C: USER ${user}@Example.ORG
		S: +OK...
		C: PASS ${password}
		S: +OK...${user}@Example.ORG...
	EOT
}

@test "with --domain that one is cut and another fails" {
	pop3 --domain=example.org <<-'EOT'
		S: +OK...
		C: USER ${user}@example.net
		S: +OK...
		C: PASS ${password}
		S: -ERR...
		C: USER ${user}@Example.Org
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
	logged "auth-failed user=$BED_USER@example.net .*reason=name"
}

@test "upper case in a user's name is kept" {
	need_root
	local other=Bed${BED_TMP##*.}

	make_user "$other" "$BED_PASSWORD"
	pop3 <<-EOT
		S: +OK...
		C: USER $other
		S: +OK...
		C: PASS $BED_PASSWORD
		S: +OK...
	EOT
}

@test "an expired account is told so after the right password only" {
	need_root
	local other=$BED_USER-e

	make_user "$other" "$BED_PASSWORD"
	accounts chage -E 0 "$other"
	pop3 <<-EOT
		S: +OK...
		C: USER $other
		S: +OK...
		C: PASS wrong
		S: -ERR [AUTH]...
		C: USER $other
		S: +OK...
		C: PASS $BED_PASSWORD
		S: -ERR...
	EOT
	logged "auth-failed user=$other .*reason=password"
	# Debian's common-account turns "expired" into "denied".
	logged "auth-failed user=$other .*reason=(expired|refused)"
}

@test "IMAP says [EXPIRED] where PAM does (RFC 5530)" {
	need_root
	local other=$BED_USER-x

	make_user "$other" "$BED_PASSWORD"
	accounts chage -E 0 "$other"
	own_pam 's/^account .*common-account/account required pam_unix.so/'
	imap "$OWN" <<-EOT
		S: * OK...
		C: a LOGIN $other wrong
		S: a NO [AUTHENTICATIONFAILED]...
		C: b LOGIN $other $BED_PASSWORD
		S: b NO [EXPIRED]...
	EOT
}

@test "a password that must be changed does not log in" {
	need_root
	local other=$BED_USER-c

	make_user "$other" "$BED_PASSWORD"
	accounts chage -d 0 "$other"
	pop3 <<-EOT
		S: +OK...
		C: USER $other
		S: +OK...
		C: PASS $BED_PASSWORD
		S: -ERR...
	EOT
	logged "auth-failed user=$other .*reason=expired"
}

@test "a locked account fails as a wrong password does" {
	need_root
	local other=$BED_USER-l

	make_user "$other" "$BED_PASSWORD"
	accounts usermod -L "$other"
	pop3 <<-EOT
		S: +OK...
		C: USER $other
		S: +OK...
		C: PASS $BED_PASSWORD
		S: -ERR [AUTH]...
	EOT
	logged "auth-failed user=$other .*reason=password"
}

@test "an empty password logs nobody in, not even who has none" {
	need_root
	local other=$BED_USER-n

	make_user "$other" "$BED_PASSWORD"
	accounts passwd -d "$other"
	pop3 <<-EOT
		S: +OK...
		C: USER $other
		S: +OK...
		C: PASS 
		S: -ERR...
		C: USER $other
		S: +OK...
		C: PASS x
		S: -ERR...
	EOT
}

@test "nologin refuses, and says something else than a wrong password" {
	own_pam "s,pam_nologin.so,& file=$BED_TMP/nologin,"
	touch "$BED_TMP/nologin"
	pop3 "$OWN" <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: -ERR...
	EOT
	logged "auth-failed user=$BED_USER .*reason=refused"
	rm "$BED_TMP/nologin"
	pop3 "$OWN" <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
}

@test "a PAM service that does not work is the system's fault, told at once" {
	own_pam '/^auth/s,.*,auth required pam_not_there.so,'
	pop3 "$OWN" <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: -ERR [SYS/...
	EOT
	logged "auth-failed user=$BED_USER .*reason=system"
}

@test "a module that asks for more than the password fails the login" {
	# pam_ftp asks for itself, whatever was said before.
	own_pam '/^auth/s,.*,auth required pam_unix.so\nauth required pam_ftp.so,'
	pop3 "$OWN" <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: -ERR...
	EOT
}

@test "the PAM session is opened before the session, closed after it" {
	need_root
	cat >"$BED_TMP/note" <<-EOT
		#!/bin/sh
		echo "\$PAM_TYPE \$PAM_USER \$PAM_RHOST \$PAM_TTY" >>$BED_TMP/notes
	EOT
	chmod +x "$BED_TMP/note"
	own_pam "\$asession required pam_exec.so $BED_TMP/note"
	start_server pop3d "$OWN"
	client_open
	before_login
	log_in
	[[ $(cat "$BED_TMP/notes") == "open_session $BED_USER 127.0.0.1 "* ]]
	client_say QUIT
	client_sees_end_after_ok
	wait_until 5 bed_gone "$MONITOR"
	[[ $(tail -n 1 "$BED_TMP/notes") == "close_session $BED_USER "* ]]
}

client_sees_end_after_ok() {
	client_hear '+OK'
	client_sees_end
}

@test "a session that PAM refuses is the system's fault" {
	own_pam '$asession required pam_deny.so'
	pop3 "$OWN" <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: -ERR [SYS/...
	EOT
}

@test "what is sent behind the password reaches the session, nothing else does" {
	need_root
	maildir_put one.eml
	start_server pop3d
	client_open
	printf 'USER %s\r\nPASS %s\r\nSTAT\r\nUIDL\r\nQUIT\r\n' \
		"$BED_USER" "$BED_PASSWORD" >&8
	client_hear '+OK'
	client_hear '+OK'
	client_hear '+OK 1 '
	client_hear '+OK'
	client_hear '1 '
	client_hear '.'
	client_hear '+OK'
	client_sees_end
}

@test "client text in the log is escaped" {
	need_root
	start_server pop3d
	client_open
	printf 'USER a rhost=1.2.3.4 \033[2J\r\n' >&8
	client_hear ''
	client_say 'PASS x'
	client_hear '-ERR'
	run ! grep -q $'\033' "$BED_LOG"
	run ! grep -qE 'auth-failed user=a rhost=1' "$BED_LOG"
}
