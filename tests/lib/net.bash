# shellcheck shell=bash
#
# A network of the test's own, where ports 110 and 143 are free and nobody
# else's server answers; and for the launchers a view of the machine on which
# stdmail is installed: the programs in /usr/local/libexec/stdmail, the shipped
# PAM files in /etc/pam.d.  So the files of units/ serve as they are.
#
#	load ../lib/bed
#	load ../lib/net

# net_start: make it; net COMMAND... runs in it.
net_start() {
	need_root "a network of its own"
	need ip unshare nsenter
	unshare -n -m sleep 600 </dev/null >"$BED_TMP/unshare.log" 2>&1 3>&- &
	NET_PID=$!
	bed_remember $NET_PID
	wait_until 5 net_apart || {
		cat "$BED_TMP/unshare.log"
		return 1
	}
	net ip link set lo up
	rm -rf "$BED_TMP/pam.d"
	cp -r /etc/pam.d "$BED_TMP/pam.d"
	cp "$BED_ROOT/units/imap.pam" "$BED_TMP/pam.d/imap"
	cp "$BED_ROOT/units/pop3.pam" "$BED_TMP/pam.d/pop3"
	installed mount -t tmpfs stdmail /usr/local
	installed mkdir -p /usr/local/libexec/stdmail
	installed mount --bind "$BED_BIN" /usr/local/libexec/stdmail
	installed mount --bind "$BED_TMP/pam.d" /etc/pam.d
}

# installed COMMAND...: where stdmail is installed, in that network.
installed() {
	nsenter -t "$NET_PID" -n -m -- "$@"
}

net_apart() {
	local there

	there=$(readlink "/proc/$NET_PID/ns/mnt") &&
		[[ $there != "$(readlink /proc/self/ns/mnt)" ]]
}

net() {
	nsenter -t "$NET_PID" -n -- "$@"
}

# net_serve LOG COMMAND...: a launcher in the background, its environment
# empty as at boot, its fd 2 not the client's.  Sets NET_SERVER.
net_serve() {
	local log=$1

	shift
	nsenter -t "$NET_PID" -n -m -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		"ASAN_OPTIONS=$ASAN_OPTIONS" "$@" </dev/null >"$log" 2>&1 3>&- &
	NET_SERVER=$!
	bed_remember $NET_SERVER
}

net_listens() {
	net ss -Hltn "sport = :$1" | grep -q .
}

# net_wait PORT: until somebody listens there.  Nobody connects for it: that
# would be a session.
net_wait() {
	wait_until 10 net_listens "$1"
}

# net_talk PORT [OPTION...] <transcript
net_talk() {
	local port=$1

	shift
	net /usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" \
		--raw "$BED_TMP/raw" -D "user=$BED_USER" \
		-D "password=$BED_PASSWORD" --connect "127.0.0.1:$port" "$@"
}

# What a client sees of either program, whoever started it: greeting, login,
# the mail one.eml and two.eml, and nothing that was meant for a log.
net_serves_pop3() {
	net_talk 110 <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...2...
		C: RETR 1
		S: +OK...
		S* Subject: The first message
		S* .
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

net_serves_imap() {
	net_talk 143 <<-'EOT'
		S: * OK...
		C: a LOGIN ${user} wrong
		S: a NO...
		C: b LOGIN ${user} ${password}
		S* b OK...
		C: c SELECT INBOX
		S* * 2 EXISTS
		S* c OK...
		C: d LOGOUT
		S: * BYE...
		S: d OK...
		EOF
	EOT
}
