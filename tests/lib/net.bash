# shellcheck shell=bash
#
# A network of the test's own, where ports 110 and 143 are free and nobody
# else's server answers.
#
#	load ../lib/bed
#	load ../lib/net

# net_start: make it; net COMMAND... runs in it.
net_start() {
	need_root "a network of its own"
	need ip unshare nsenter
	unshare -n sleep 600 </dev/null >/dev/null 2>&1 3>&- &
	NET_PID=$!
	bed_remember $NET_PID
	wait_until 5 net_apart || return 1
	net ip link set lo up
}

net_apart() {
	[[ $(readlink "/proc/$NET_PID/ns/net") != \
		"$(readlink /proc/self/ns/net)" ]]
}

net() {
	nsenter -t "$NET_PID" -n -- "$@"
}

# net_serve LOG COMMAND...: a launcher in the background, its environment
# empty as at boot, its fd 2 not the client's.  Sets NET_SERVER.
net_serve() {
	local log=$1

	shift
	nsenter -t "$NET_PID" -n -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
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
