# From Courier to us, and on to Dovecot: clients find all as they know it.

load ../lib/bed
load ../lib/courier
load ../lib/dovecot
load ../lib/migrate

setup() {
	bed_setup
	# It sends what has CRLF in the file with CR CR LF, and 8-bit mail over
	# POP3 with another encoding.
	MIGRATE_MAIL=("${MIGRATE_MAIL[@]/crlf.eml/forwarded.eml}")
	maildir_put "${MIGRATE_MAIL[@]}"
	courier_start
}

both_same_here() {
	same "$BED_TMP/imap" imap "$OUR_IMAP" &&
		same "$BED_TMP/pop3" pop3 "$OUR_POP3"
}

from_courier() {
	# What POP3 has handed out is seen from then on.
	state --make imap "$COURIER_IMAP" >/dev/null
	state pop3 "$COURIER_POP3" >"$BED_TMP/pop3"
	state imap "$COURIER_IMAP" >"$BED_TMP/imap"
	cat "$BED_TMP/imap" "$BED_TMP/pop3"
	stop_server "$COURIER_PID"
}

@test "names, UIDs, flags, keywords, subscriptions, UIDLs stay" {
	from_courier
	ours both_same_here
}

@test "names stay as they are when something is subscribed" {
	from_courier
	login_imap <<-'EOT'
		C: a UNSUBSCRIBE INBOX.Gone
		S: a OK...
		C: b SUBSCRIBE INBOX.Gone
		S: b OK...
	EOT
	[[ -e $MAILDIR/subscriptions ]]
	ours both_same_here
}

@test "Dovecot after us finds all of it too" {
	from_courier
	ours both_same_here
	# Courier writes names of folders in UTF-8.
	DOVECOT_EXTRA='mail_location = maildir:~/Maildir:UTF-8
		namespace inbox {
		  separator = .
		  prefix = INBOX.
		}'
	dovecot_start
	same "$BED_TMP/imap" imap "$DOVECOT_IMAP"
	same "$BED_TMP/pop3" pop3 "$DOVECOT_POP3"
}

sync_here() {
	mbsync_run "$OUR_IMAP"
}

@test "mbsync copies nothing again after the switch" {
	local before

	need mbsync
	state --make imap "$COURIER_IMAP" >/dev/null
	mbsync_run "$COURIER_IMAP"
	before=$(mbsync_files)
	[[ $(wc -l <<<"$before") -ge 12 ]]
	stop_server "$COURIER_PID"
	ours sync_here
	[[ $(mbsync_files) == "$before" ]]
}

get_here() {
	maildir_put thread1.eml
	getmail_run "$OUR_POP3"
}

@test "getmail fetches nothing again after the switch" {
	need getmail
	getmail_run "$COURIER_POP3"
	[[ $(getmail_count) == "${#MIGRATE_MAIL[@]}" ]]
	stop_server "$COURIER_PID"
	ours get_here
	[[ $(getmail_count) == $((${#MIGRATE_MAIL[@]} + 1)) ]]
}

@test "--explain of a Maildir of Courier's says what stays, and touches nothing" {
	local before

	from_courier
	before=$(inventory)
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $(inventory) == "$before" ]]
	[[ $output == *"kind: Courier's"* ]]
	[[ $output == *'separator ".", prefix "INBOX."'* ]]
	[[ $output == *"from courierimapsubscribed"* ]]
	[[ $output == *"ledger: courierimapuiddb, which will be carried"* ]]
	[[ $output == *"courierimapkeywords: 2 messages"* ]]
	run -0 as_user "$BED_BIN/pop3d" --explain
	[[ $(inventory) == "$before" ]]
	[[ $output == *"own: 6 messages, from courierpop3dsizelist"*"as UID"* ]]
}
