# Programs that people fetch their mail with, over IMAP: what is deleted, what
# is kept and not fetched again, and what comes while they wait.

load ../lib/bed
load ../lib/overhear
load clients

MESSAGES=(one.eml two.eml utf8.eml 8bit.eml crlf.eml dots.eml nonl.eml)

# What getmail writes into the header.
GETMAIL=Return-Path,X-getmail-retrieved-from-mailbox

setup() {
	need_root "a login through PAM"
	bed_setup
	maildir_put "${MESSAGES[@]}"
	start_server imapd
	overhear
	OUT=$BED_HOME/out
	as_user mkdir -p "$OUT" "$OUT/cur" "$OUT/new" "$OUT/tmp"
}

# fetchmailrc OPTION...
fetchmailrc() {
	rc fetchmailrc <<-EOT
		set no syslog
		set invisible
		poll 127.0.0.1 protocol imap port $BED_PORT auth password
		user "$BED_USER" password "$BED_PASSWORD" is "$BED_USER" here
		sslproto '' no rewrite $*
		mda "sh -c 'cat >\$(mktemp $OUT/new/XXXXXX)'"
	EOT
}

fetch_fetchmail() {
	as_user fetchmail -f "$BED_HOME/fetchmailrc"
}

# getmailrc OPTION...
getmailrc() {
	{
		cat <<-EOT
			[retriever]
			type = SimpleIMAPRetriever
			server = 127.0.0.1
			port = $BED_PORT
			username = $BED_USER
			password = $BED_PASSWORD
			mailboxes = ("INBOX",)
			[destination]
			type = Maildir
			path = $OUT/
			[options]
			delivered_to = false
			received = false
		EOT
		printf '%s\n' "$@"
	} | rc getmailrc
}

fetch_getmail() {
	as_user getmail --getmaildir="$BED_HOME" --rcfile=getmailrc
}

left() {
	[[ $(maildir_count) == "$1" ]]
}

arrived() {
	(($(find "$OUT/new" -type f | wc -l) == $1))
}

# waits COMMAND...: it goes on to wait, and gets what is delivered meanwhile.
waits() {
	"$@" </dev/null >"$BED_TMP/waits.log" 2>&1 3>&- &
	bed_remember $!
	wait_until 20 arrived "${#MESSAGES[@]}" || {
		cat "$BED_TMP/waits.log" "$OVERHEARD"
		return 1
	}
	maildir_put emptybody.eml
	wait_until 20 arrived $((${#MESSAGES[@]} + 1)) || {
		cat "$BED_TMP/waits.log" "$OVERHEARD"
		return 1
	}
}

@test "fetchmail takes the mailbox and leaves it empty" {
	need fetchmail
	fetchmailrc nokeep fetchall
	fetch_fetchmail
	there "$OUT" "${MESSAGES[@]}"
	left 0
	# 1 is fetchmail's "no mail".
	run -1 fetch_fetchmail
	overheard 40
}

@test "fetchmail that keeps mail fetches it only once" {
	need fetchmail
	fetchmailrc keep
	fetch_fetchmail
	there "$OUT" "${MESSAGES[@]}"
	run -1 fetch_fetchmail
	there "$OUT" "${MESSAGES[@]}"
	left "${#MESSAGES[@]}"
	[[ $(find "$MAILDIR/cur" -name '*:2,*S*' | wc -l) == "${#MESSAGES[@]}" ]]
	overheard 40
}

@test "fetchmail waits with IDLE for what comes" {
	need fetchmail
	fetchmailrc nokeep idle
	waits fetch_fetchmail
	wait_until 10 left 0
	stop_all
	there "$OUT" "${MESSAGES[@]}" emptybody.eml
	run -1 grep error "$OVERHEARD"
}

@test "getmail6 takes the mailbox and leaves it empty" {
	need getmail
	getmailrc 'delete = true'
	fetch_getmail
	there -h "$GETMAIL" "$OUT" "${MESSAGES[@]}"
	left 0
	fetch_getmail
	overheard 40
}

@test "getmail6 that keeps mail fetches it only once" {
	need getmail
	getmailrc 'delete = false' 'read_all = false'
	fetch_getmail
	there -h "$GETMAIL" "$OUT" "${MESSAGES[@]}"
	fetch_getmail
	there -h "$GETMAIL" "$OUT" "${MESSAGES[@]}"
	left "${#MESSAGES[@]}"
	overheard 40
}

@test "getmail6 waits with IDLE for what comes" {
	need getmail
	getmailrc 'delete = true' 'read_all = false'
	waits as_user getmail --getmaildir="$BED_HOME" --rcfile=getmailrc \
		--idle=INBOX
	wait_until 10 left 0
	stop_all
	there -h "$GETMAIL" "$OUT" "${MESSAGES[@]}" emptybody.eml
	run -1 grep error "$OVERHEARD"
}
