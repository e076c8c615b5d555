# shellcheck shell=bash
#
# What clients remember of a Maildir, by whatever server it is shown; see
# tests/migrate/state.py.  Load bed first.

# shellcheck source=tests/lib/overhear.bash
source "$BED_ROOT/tests/lib/overhear.bash"

MIGRATE_MAIL=(one.eml two.eml three.eml utf8.eml crlf.eml dots.eml nonl.eml)

# state [OPTION...] PROTOCOL PORT
state() {
	/usr/bin/python3 "$BED_ROOT/tests/migrate/state.py" "$@" \
		"$BED_USER" "$BED_PASSWORD"
}

# ours COMMAND...: while our servers run; their ports are OUR_IMAP, OUR_POP3.
ours() {
	local status=0 imap

	start_server imapd
	imap=$BED_PID
	overhear || return 1
	OUR_IMAP=$BED_PORT
	start_server pop3d
	OUR_POP3=$BED_PORT
	"$@" || status=$?
	overheard 0 || status=1
	stop_server "$imap"
	stop_server "$BED_PID"
	return $status
}

# same FILE [OPTION...] PROTOCOL PORT: the state is what the file says.
same() {
	local file=$1

	shift
	state "$@" >"$file.now" || return 1
	diff "$file" "$file.now"
}

# The tree as it is: names, types, modes, owners, times, links and content.
inventory() {
	find "$BED_HOME" -printf '%P %y %m %u %s %T@ %C@ %l\n' | sort
	find "$BED_HOME" -type f -exec sha256sum {} + | sort
}

# mbsync_rc PORT [LINE]: its configuration, every mailbox to $BED_HOME/near.
mbsync_rc() {
	mkdir -p "$BED_HOME/near"
	bed_own "$BED_HOME/near"
	cat >"$BED_HOME/mbsyncrc" <<-EOT
		IMAPAccount a
		Host 127.0.0.1
		Port $1
		SSLType None
		AuthMechs LOGIN
		User $BED_USER
		Pass $BED_PASSWORD

		IMAPStore far
		Account a
		${2:-}

		MaildirStore near
		Path $BED_HOME/near/
		Inbox $BED_HOME/near/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Near
		SyncState *
	EOT
	bed_own "$BED_HOME/mbsyncrc"
}

mbsync_files() {
	find "$BED_HOME/near" -type f -name '[0-9]*' | sort
}

# mbsync_run PORT [LINE]: one run; LINE goes into the store's section.
mbsync_run() {
	mbsync_rc "$@"
	as_user mbsync -q -c "$BED_HOME/mbsyncrc" all
}

# getmail_run PORT: mail stays on the server.
getmail_run() {
	local old

	as_user mkdir -p "$BED_HOME"/got/{cur,new,tmp}
	cat >"$BED_HOME/getmailrc" <<-EOT
		[retriever]
		type = SimplePOP3Retriever
		server = 127.0.0.1
		port = $1
		username = $BED_USER
		password = $BED_PASSWORD
		[destination]
		type = Maildir
		path = $BED_HOME/got/
		[options]
		delete = false
		read_all = false
		delivered_to = false
		received = false
	EOT
	chmod 600 "$BED_HOME/getmailrc"
	bed_own "$BED_HOME/getmailrc"
	# It remembers mail by the port as well, and ours differ.
	for old in "$BED_HOME"/oldmail-*; do
		[[ ! -e $old ]] || mv -n "$old" \
			"$(sed -E "s/(127.0.0.1)-[0-9]+-/\1-$1-/" <<<"$old")"
	done
	as_user getmail --getmaildir="$BED_HOME" --rcfile=getmailrc
}

getmail_count() {
	find "$BED_HOME/got" -type f -name '[0-9]*' | wc -l
}
