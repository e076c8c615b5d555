# shellcheck shell=bash
#
# What every room of the tests stands on: a Maildir of its own for each test,
# a system user for each file of tests, servers started and stopped, and the
# dialogue of a transcript (see talk.py for its language).
#
#	load ../lib/bed
#
#	@test "DELE hides a message until RSET brings it back" {
#		maildir_put one.eml two.eml
#		login_pop3 <<-'EOT'
#			C: DELE 1
#			S: +OK...
#		EOT
#	}
#
# Loading defines setup_file, setup, teardown and teardown_file.  A file that
# needs its own calls bed_setup and so on from them.
#
#	B=build/san	the programs under test are in $B/bin (default: build)
#	VIA=pipe	how transcripts reach them: pipe, unix (a socket pair) or
#			socket (TCP, systemd-socket-activate, login through PAM)
#
# For a test: $MAILDIR, $BED_USER, $BED_PASSWORD, $BED_HOME (that user's),
# $BED_TMP (ours, removed at the end), $BED_BIN (the programs, where any user
# may run them), $BED_MAIL (the messages of tests/mail).
#
# Run as root the servers become $BED_USER; as anybody else they run as the
# caller on a Maildir below $BED_TMP, and what needs root is skipped by name.

if declare -F bats_require_minimum_version >/dev/null; then
	bats_require_minimum_version 1.5.0
fi

BED_ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BED_MAIL=$BED_ROOT/tests/mail
BED_BUILD=${B:-build}
[[ $BED_BUILD == /* ]] || BED_BUILD=$BED_ROOT/$BED_BUILD
VIA=${VIA:-pipe}
export BED_ROOT BED_MAIL VIA

bed_root() {
	((EUID == 0))
}

# Leave the test when it cannot run here.  CI counts what is left out.
need_root() {
	bed_root || skip "needs root${1:+: $1}"
}

need() {
	local tool
	for tool; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
			skip "$tool is not installed"
	done
}

# --- one directory and one user for each file -------------------------------

bed_setup_file() {
	local program

	BED_TMP=$(mktemp -d /tmp/stdmail-test.XXXXXX)
	chmod 755 "$BED_TMP"
	BED_BIN=$BED_TMP/bin
	BED_HOME=$BED_TMP/home
	MAILDIR=$BED_HOME/Maildir
	BED_PASSWORD=Open-Sesame7
	export BED_TMP BED_BIN BED_HOME BED_PASSWORD MAILDIR
	# The build may lie where the user under test cannot reach.
	mkdir "$BED_BIN" "$BED_TMP/raw"
	for program in "$BED_BUILD"/bin/*; do
		if [[ -x $program ]]; then
			cp "$program" "$BED_BIN/"
		fi
	done
	if bed_root; then
		BED_USER=bed${BED_TMP##*.}
		BED_USER=${BED_USER,,}
		make_user "$BED_USER" "$BED_PASSWORD" "$BED_HOME" ||
			return 1
		for program in imap pop3; do
			cp "$BED_ROOT/units/$program.pam" \
				"/etc/pam.d/$BED_USER-$program"
		done
	else
		BED_USER=$(id -un)
		mkdir "$BED_HOME"
	fi
	export BED_USER
	# A sanitizer's finding is an exit status; leaks of a process that
	# ends with its connection are none.
	export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
	export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
}

bed_setup() {
	if bed_root; then
		rm -rf "$BED_HOME"
		mkdir -m 700 "$BED_HOME"
		chown "$BED_USER": "$BED_HOME"
	else
		rm -rf "$BED_HOME"
		mkdir "$BED_HOME"
	fi
	rm -f "$BED_TMP"/count "$BED_TMP"/*.log
	maildir_make ''
}

bed_teardown() {
	stop_all
	bed_sane
}

bed_teardown_file() {
	[[ -n ${BED_TMP:-} ]] || return 0
	stop_all
	remove_users
	rm -rf "$BED_TMP"
}

setup_file() {
	bed_setup_file
}

setup() {
	bed_setup
}

teardown() {
	bed_teardown
}

teardown_file() {
	bed_teardown_file
}

# What a sanitizer wrote to a launcher's log fails the test.
bed_sane() {
	local log

	for log in "$BED_TMP"/*.log; do
		[[ -e $log ]] || continue
		if grep -qE 'Sanitizer|runtime error:' "$log"; then
			cat "$log"
			return 1
		fi
	done
}

# --- users ------------------------------------------------------------------

# One at a time, or useradd waits a whole second for its lock.
accounts() {
	flock /run/lock/stdmail-test "$@"
}

# make_user NAME PASSWORD [HOME]: a system user who can log in through PAM,
# removed when the file of tests ends.
make_user() {
	local name=$1 hash home=${3:-$BED_TMP/home-$1}

	need_root "a user of its own"
	if getent passwd "$name" >/dev/null; then
		skip "this machine has a user $name already"
	fi
	# Few rounds: the price of the hash is not what is under test.
	# shellcheck disable=SC2016
	hash=$(perl -e 'print crypt($ARGV[0], q($6$rounds=1000$stdmail$))' \
		-- "$2")
	accounts useradd --badname -M -U -d "$home" -s /usr/sbin/nologin \
		-p "$hash" "$name" 2>"$BED_TMP/useradd.log" || {
		cat "$BED_TMP/useradd.log"
		return 1
	}
	echo "$name" >>"$BED_TMP/users"
	mkdir -p "$home"
	chmod 700 "$home"
	chown "$name": "$home"
}

remove_users() {
	local name

	[[ -e $BED_TMP/users ]] || return 0
	rm -f "/etc/pam.d/$BED_USER-"{imap,pop3}
	while read -r name; do
		accounts userdel -f "$name" >/dev/null 2>&1 || :
	done <"$BED_TMP/users"
	rm "$BED_TMP/users"
}

# as_user COMMAND...: as the user whose mail it is, with a clean environment.
as_user() {
	local -a become=()

	if bed_root; then
		become=(setpriv "--reuid=$BED_USER"
			"--regid=$(id -g "$BED_USER")" --clear-groups)
	fi
	env -i HOME="$BED_HOME" PATH=/usr/local/bin:/usr/bin:/bin \
		ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" \
		"${become[@]}" "$@"
}

# --- mail -------------------------------------------------------------------

bed_own() {
	if bed_root; then
		chown "$BED_USER": "$@"
	fi
}

# maildir_make [FOLDER]: the Maildir, or ".Sent" in it.
maildir_make() {
	local dir=$MAILDIR${1:+/$1}

	mkdir -p "$dir"/{cur,new,tmp}
	bed_own "$MAILDIR" "$dir" "$dir"/{cur,new,tmp}
	if [[ -n ${1:-} ]]; then
		touch "$dir/maildirfolder"
		bed_own "$dir/maildirfolder"
	fi
}

# maildir_put [-d FOLDER] [-f FLAGS] FILE...: deliver messages of tests/mail
# (or any path), to new/, or with -f to cur/ as seen before.  Names and times
# are the same in each run: 1700000001.M1P1.bed, then ...2.
maildir_put() {
	local dir=$MAILDIR flags='' opt file n name OPTIND=1

	while getopts d:f: opt; do
		case $opt in
		d) dir=$MAILDIR/$OPTARG ;;
		f) flags=$OPTARG ;;
		*) return 1 ;;
		esac
	done
	shift $((OPTIND - 1))
	for file; do
		[[ $file == /* ]] || file=$BED_MAIL/$file
		n=$(($(cat "$BED_TMP/count" 2>/dev/null || echo 0) + 1))
		echo $n >"$BED_TMP/count"
		name=$((1700000000 + n)).M${n}P1.bed
		cp "$file" "$dir/tmp/$name" || return 1
		chmod 600 "$dir/tmp/$name"
		touch -d "@$((1700000000 + n))" "$dir/tmp/$name"
		bed_own "$dir/tmp/$name"
		if [[ -n $flags ]]; then
			mv "$dir/tmp/$name" "$dir/cur/$name:2,${flags#-}"
		else
			mv "$dir/tmp/$name" "$dir/new/$name"
		fi
	done
}

# maildir_count [FOLDER]: how many messages there are.
maildir_count() {
	find "$MAILDIR/${1:-.}/cur" "$MAILDIR/${1:-.}/new" -type f | wc -l
}

# wire FILE: a message as it goes over the wire: each line ends in CRLF.
wire() {
	sed -e 's/\r$//' -e 's/$/\r/' "$1"
}

# --- waiting ----------------------------------------------------------------

# wait_until SECONDS COMMAND...: until it succeeds, or fail.
wait_until() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	shift
	until "$@" 2>/dev/null; do
		if ((${EPOCHREALTIME/[.,]/} > end)); then
			echo "waited in vain for: $*"
			return 1
		fi
		read -rt 0.02 <> <(:) || :
	done
}

# wait_for_line FILE REGEX [SECONDS]
wait_for_line() {
	wait_until "${3:-10}" grep -qE -e "$2" "$1"
}

bed_connects() {
	(exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# wait_for_port PORT [SECONDS]: until somebody accepts on 127.0.0.1.
wait_for_port() {
	wait_until "${2:-10}" bed_connects "$1"
}

bed_gone() {
	! kill -0 "$1" 2>/dev/null
}

# --- servers ----------------------------------------------------------------

# Remember a process of ours, so that it ends with the test whatever happens.
bed_remember() {
	echo "$1" >>"$BED_TMP/pids"
}

# stop_server PID
stop_server() {
	kill "$1" 2>/dev/null || return 0
	wait "$1" 2>/dev/null || :
	wait_until 5 bed_gone "$1" || kill -9 "$1" 2>/dev/null || :
}

stop_all() {
	local pid

	[[ -e $BED_TMP/pids ]] || return 0
	while read -r pid; do
		stop_server "$pid"
	done <"$BED_TMP/pids"
	rm -f "$BED_TMP/pids"
}

# free_port: one that nobody listens on just now, below the kernel's own.
free_port() {
	local port

	while :; do
		port=$((10000 + RANDOM % 20000))
		bed_connects $port || break
	done
	echo $port
}

# bed_program NAME: it was built.
bed_program() {
	[[ -x $BED_BIN/$1 ]] && return
	echo "$BED_BUILD/bin/$1 is not there: make"
	return 1
}

# The shipped PAM files under a name of this run, for those who log in.
bed_pam() {
	if bed_root; then
		echo "--pam-service=$BED_USER-${1%d}"
	else
		echo "--pam-service=${1%d}"
	fi
}

# start_server PROGRAM [OPTION...]: over TCP, a process for each connection,
# as root or as the caller.  Sets BED_PORT, BED_PID and BED_LOG.
start_server() {
	local program=$1 try
	local -a pass=()

	shift
	bed_program "$program" || return 1
	for try in ASAN_OPTIONS UBSAN_OPTIONS; do
		pass+=(-E "$try=${!try}")
	done
	for try in 1 2 3 4 5; do
		BED_PORT=$(free_port)
		BED_LOG=$BED_TMP/$program.$BED_PORT.log
		systemd-socket-activate --accept --inetd \
			-l "127.0.0.1:$BED_PORT" "${pass[@]}" \
			"$BED_BIN/$program" "$(bed_pam "$program")" "$@" \
			</dev/null >"$BED_LOG" 2>&1 3>&- &
		BED_PID=$!
		bed_remember $BED_PID
		if wait_for_line "$BED_LOG" '^Listening on' 5 >/dev/null; then
			return 0
		fi
		stop_server $BED_PID
	done
	cat "$BED_LOG"
	return 1
}

# --- transcripts ------------------------------------------------------------

# What TALK_EXTRA holds goes to talk.py as well.
TALK_EXTRA=()
bed_talk() {
	/usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" \
		--raw "$BED_TMP/raw" --errors "$BED_TMP/talk.log" \
		--deadline "${DEADLINE:-10}" \
		-D "user=$BED_USER" -D "password=$BED_PASSWORD" \
		"${TALK_EXTRA[@]}" "$@"
}

# As as_user, but as words in front of a command for talk.py.
bed_via_pipe() {
	local prelude=$1 program=$2
	local -a become=() place=()

	shift 2
	bed_program "$program" || return 1
	if bed_root; then
		become=(setpriv "--reuid=$BED_USER"
			"--regid=$(id -g "$BED_USER")" --clear-groups)
	else
		place=("--maildir=$MAILDIR"
			"--cache=$BED_HOME/.cache/stdmail")
	fi
	bed_talk --via "$VIA" --prelude "$prelude" -- \
		env -i HOME="$BED_HOME" PATH=/usr/bin:/bin \
		ASAN_OPTIONS="$ASAN_OPTIONS" UBSAN_OPTIONS="$UBSAN_OPTIONS" \
		"${become[@]}" "$BED_BIN/$program" "${place[@]}" "$@"
}

bed_via_socket() {
	local prelude=$1

	shift
	need_root "a login through PAM"
	start_server "$@"
	bed_talk --prelude "$prelude" --connect "127.0.0.1:$BED_PORT" || {
		cat "$BED_LOG"
		return 1
	}
	stop_server "$BED_PID"
}

# The ${...} are the transcript's, not the shell's.
# shellcheck disable=SC2016
POP3_LOGIN='S: +OK...
C: USER ${user}
S: +OK...
C: PASS ${password}
S: +OK...'
# shellcheck disable=SC2016
IMAP_LOGIN='S: * OK...
C: login LOGIN ${user} ${password}
S* login OK...'

# login_pop3 [OPTION...] <transcript: logged in, the greeting read.
login_pop3() {
	if [[ $VIA == socket ]]; then
		bed_via_socket "$POP3_LOGIN" pop3d "$@"
	else
		bed_via_pipe 'S: +OK...' pop3d --preauth "$@"
	fi
}

# login_imap [OPTION...] <transcript
login_imap() {
	if [[ $VIA == socket ]]; then
		bed_via_socket "$IMAP_LOGIN" imapd "$@"
	else
		bed_via_pipe 'S: * PREAUTH...' imapd "$@"
	fi
}

# Before login, the greeting not read: as root, who is never preauthenticated.
bed_before_login() {
	need_root "a login through PAM"
	bed_program "$1" || return 1
	if [[ $VIA == socket ]]; then
		bed_via_socket '' "$@"
	else
		bed_talk --via "$VIA" -- "$BED_BIN/$1" "$(bed_pam "$1")" \
			"${@:2}"
	fi
}

# pop3 [OPTION...] <transcript, from the greeting on
pop3() {
	bed_before_login pop3d "$@"
}

# imap [OPTION...] <transcript, from the greeting on
imap() {
	bed_before_login imapd "$@"
}
