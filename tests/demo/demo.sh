#!/bin/bash
#
# make demo: both servers on this machine, with a little mail to look at.
#
# As root: a user of its own for the run, who logs in through PAM with a
# password made up now, and is removed with the mail at the end.  As anybody
# else: the caller's own name and password over TCP, and the two dialogues
# through pipes, where no login is needed.  Only 127.0.0.1 is listened on.
#
#	B=build			where the programs are
#	DEMO_ONCE=1		show the dialogues and end, serve nobody
#	DEMO_IMAP_PORT=1143 DEMO_POP3_PORT=1110

set -euo pipefail

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
bin=$(realpath "${B:-$root/build}")/bin
imap_port=${DEMO_IMAP_PORT:-1143}
pop3_port=${DEMO_POP3_PORT:-1110}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/stdmail-demo.XXXXXX")
home=$tmp/home
maildir=$home/Maildir
user=
servers=()

# The launchers lead process groups: sessions that still run go with them.
cleanup() {
	trap - EXIT INT TERM
	for pid in "${servers[@]}"; do
		kill -- "-$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	if [[ -n $user && $EUID == 0 ]]; then
		userdel -f "$user" 2>/dev/null || :
	fi
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 0' INT TERM

# deliver FOLDER FLAGS FILE: into cur/, with the time of its Date line.
deliver() {
	local dir=$maildir/$1 date name

	mkdir -p "$dir"/{cur,new,tmp}
	date=$(sed -n 's/^Date: //p;/^$/q' "$3")
	name=$(date -d "$date" +%s).$(basename "$3" .eml).demo
	if [[ $2 == new ]]; then
		cp "$3" "$dir/new/$name"
		touch -d "$date" "$dir/new/$name"
	else
		cp "$3" "$dir/cur/$name:2,$2"
		touch -d "$date" "$dir/cur/$name:2,$2"
	fi
}

make_mail() {
	local mail=$root/tests/demo/mail n flags

	mkdir -p "$home"
	for n in 01 02 03 04 05 06 07 08 09 10 11 12; do
		case $n in
		01 | 04) flags=S ;;
		05) flags=RS ;;
		03) flags=FS ;;
		1?) flags=new ;;
		*) flags= ;;
		esac
		deliver . "$flags" "$mail/inbox-$n.eml"
	done
	deliver .Sent S "$mail/sent-01.eml"
	deliver .Sent S "$mail/sent-02.eml"
	deliver .Archive S "$mail/archive-01.eml"
	deliver .Archive S "$mail/archive-02.eml"
	touch "$maildir"/.{Sent,Archive}/maildirfolder
	printf '%s\n' Archive Sent >"$maildir/subscriptions"
	chmod -R go= "$maildir"
}

make_user() {
	local hash

	user=demo
	if getent passwd $user >/dev/null; then
		user=stdmail-demo
	fi
	password=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
	# shellcheck disable=SC2016
	hash=$(perl -e 'print crypt($ARGV[0], q($6$).$ARGV[1])' \
		"$password" "${tmp##*.}")
	useradd -M -U -d "$home" -s /usr/sbin/nologin -p "$hash" "$user"
	chmod 755 "$tmp"
	chown -R "$user": "$home"
}

# serve PROGRAM PORT: a process for each connection, as inetd would.
serve() {
	set -m
	systemd-socket-activate --accept --inetd -l "127.0.0.1:$2" \
		"$bin/$1" "${options[@]}" </dev/null >"$tmp/$1.log" 2>&1 &
	set +m
	servers+=($!)
	until grep -q '^Listening' "$tmp/$1.log"; do
		if ! kill -0 "${servers[-1]}" 2>/dev/null; then
			echo "cannot listen on port $2:"
			cat "$tmp/$1.log"
			exit 1
		fi
		read -rt 0.02 <> <(:) || :
	done
}

talk() {
	python3 "$root/tests/lib/talk.py" --show \
		-D "user=$user" -D "password=${password:-}" "$@"
}

pop3_talk() {
	cat <<-'EOT'
		C: STAT
		S: +OK 12 ...
		C: UIDL 1
		S: +OK 1 ...
		C: TOP 1 2
		S: +OK...
		S* .
		C: QUIT
		S: +OK...
		EOF
	EOT
}

imap_talk() {
	cat <<-'EOT'
		C: a LIST "" "*"
		S* a OK...
		C: b STATUS Archive (MESSAGES UNSEEN)
		S: * STATUS ...Archive... (MESSAGES 2 UNSEEN 0)
		S: b OK...
		C: c SELECT INBOX
		S* * 12 EXISTS
		S* c OK [READ-WRITE]...
		C: d FETCH 3 (FLAGS ENVELOPE)
		S: * 3 FETCH (...)
		S: d OK...
		C: e FETCH 2 BODYSTRUCTURE
		S: * 2 FETCH (BODYSTRUCTURE (...))
		S: e OK...
		C: f LOGOUT
		S: * BYE...
		S: f OK...
		EOF
	EOT
}

login_pop3() {
	cat <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
}

login_imap() {
	cat <<-'EOT'
		S: * OK...
		C: . LOGIN ${user} ${password}
		S* . OK...
	EOT
}

dialogues() {
	if ((EUID == 0)); then
		echo "--- POP3, over TCP, port $pop3_port"
		{ login_pop3 && pop3_talk; } |
			talk --connect "127.0.0.1:$pop3_port"
		echo "--- IMAP, over TCP, port $imap_port"
		{ login_imap && imap_talk; } |
			talk --connect "127.0.0.1:$imap_port"
		return
	fi
	echo "--- POP3, through a pipe: pop3d --preauth"
	{ echo 'S: +OK...' && pop3_talk; } |
		talk -- "$bin/pop3d" --preauth "${options[@]}"
	echo "--- IMAP, through a pipe: imapd"
	{ echo 'S: * PREAUTH...' && imap_talk; } |
		talk -- "$bin/imapd" "${options[@]}"
}

how_to() {
	local word

	if ((EUID == 0)); then
		word=$password
		echo "User $user, password $password, made for this run and"
		echo "removed at its end, with the mail."
	else
		word=YOUR-PASSWORD
		echo "User $user with your own password: a server that is not"
		echo "root can ask PAM about nobody else, and has no process"
		echo "before login that is less than you.  sudo make demo"
		echo "shows the real thing."
	fi
	cat <<-EOT

	IMAP is on 127.0.0.1:$imap_port, POP3 on 127.0.0.1:$pop3_port, no TLS.

	Thunderbird  New account, "Configure manually": server 127.0.0.1, port
	             $imap_port (IMAP) or $pop3_port (POP3), connection security
	             "None", "Password, transmitted insecurely", user $user.
	curl         curl -u $user:$word imap://127.0.0.1:$imap_port/
	             curl -u $user:$word 'imap://127.0.0.1:$imap_port/INBOX;MAILINDEX=3'
	             curl -u $user:$word pop3://127.0.0.1:$pop3_port/1
	mutt         mutt -e 'set ssl_starttls=no' -f imap://$user@127.0.0.1:$imap_port/
	EOT
}

for program in pop3d imapd; do
	[[ -x $bin/$program ]] || {
		echo "$bin/$program is not built: make"
		exit 1
	}
done

options=()
make_mail
if ((EUID == 0)); then
	make_user
else
	user=$(id -un)
	options=("--maildir=$maildir" "--cache=$tmp/cache")
fi
if command -v systemd-socket-activate >/dev/null; then
	serve imapd "$imap_port"
	serve pop3d "$pop3_port"
elif ((EUID == 0)) || [[ -z ${DEMO_ONCE:-} ]]; then
	echo "systemd-socket-activate is missing: apt-get install systemd"
	exit 1
fi
dialogues
echo
how_to
if [[ -n ${DEMO_ONCE:-} ]]; then
	exit 0
fi
echo
echo "Serving until Ctrl-C."
wait
