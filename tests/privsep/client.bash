# shellcheck shell=bash
#
# A client held open from a test, and a look at the processes that serve it.
#
#	start_server pop3d
#	client_open
#	client_say "USER $BED_USER"
#	client_hear '+OK'
#	before_login		sets MONITOR and FRONT
#	log_in
#	after_login		sets MONITOR and SESSION

# start_launcher COMMAND...: systemd-socket-activate with options of the
# test's own, for pop3d.
start_launcher() {
	BED_PORT=$(free_port)
	BED_LOG=$BED_TMP/launcher.log
	"$@" -l "127.0.0.1:$BED_PORT" "$BED_BIN/pop3d" "$(bed_pam pop3d)" \
		</dev/null >"$BED_LOG" 2>&1 3>&- &
	bed_remember $!
	wait_for_line "$BED_LOG" '^Listening on'
}

client_open() {
	exec 8<>"/dev/tcp/127.0.0.1/$BED_PORT"
	client_hear '+OK'
}

client_close() {
	exec 8>&-
}

client_say() {
	printf '%s\r\n' "$1" >&8
}

# client_hear PREFIX: the next line; REPLY has it.
client_hear() {
	read -rt 10 -u 8 REPLY || {
		echo "nothing came where $1 should"
		return 1
	}
	[[ $REPLY == "$1"* ]] || {
		echo "not $1 but $REPLY"
		return 1
	}
}

# The other side has closed.
client_sees_end() {
	local rc=0

	read -rt 10 -u 8 REPLY || rc=$?
	[[ $rc == 1 && -z $REPLY ]] || {
		echo "no end ($rc), but: $REPLY"
		return 1
	}
}

log_in() {
	client_say "USER $BED_USER"
	client_hear '+OK'
	client_say "PASS $BED_PASSWORD"
	client_hear '+OK'
}

children_of() {
	local stat

	for stat in /proc/[0-9]*/stat; do
		awk -v parent="$1" '{
			pid = $1
			sub(/^.*\) /, "")
			if ($2 == parent && $1 != "Z") print pid
		}' "$stat" 2>/dev/null
	done
}

only_child_of() {
	CHILD=$(children_of "$1")
	[[ $CHILD =~ ^[0-9]+$ ]]
}

newest_monitor() {
	MONITOR=$(sed -nE 's/.* as PID ([0-9]+)\.$/\1/p' "$BED_LOG" | tail -n 1)
}

before_login() {
	newest_monitor
	wait_until 5 only_child_of "$MONITOR"
	FRONT=$CHILD
}

# The front has gone, and the session is the only child left.
after_login() {
	wait_until 5 bed_gone "$FRONT"
	wait_until 5 only_child_of "$MONITOR"
	# shellcheck disable=SC2034
	SESSION=$CHILD
}

# status PID FIELD
status() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# is PID FIELD VALUE
is() {
	local value

	value=$(status "$1" "$2")
	[[ ${value//[[:space:]]/ } == "$3" ]] || {
		echo "process $1: $2 is '$value', not '$3'"
		return 1
	}
}

# same_ids ID: as /proc shows real, effective, saved and file system's.
same_ids() {
	echo "$1 $1 $1 $1"
}

# No capabilities in any set but the bounding one, no new privileges, filtered.
confined() {
	local set

	for set in CapInh CapPrm CapEff CapAmb; do
		is "$1" $set 0000000000000000
	done
	is "$1" NoNewPrivs 1
	is "$1" Seccomp 2
}

open_files() {
	local fd

	for fd in "/proc/$1/fd"/*; do
		echo "${fd##*/} $(readlink "$fd")"
	done
}
