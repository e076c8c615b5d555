# From Dovecot to us and back: clients find all as they know it, both times.

load ../lib/bed
load ../lib/dovecot
load ../lib/migrate

setup() {
	bed_setup
	maildir_put "${MIGRATE_MAIL[@]}"
}

from_dovecot() {
	# What POP3 has handed out is seen from then on.
	state --make imap "$DOVECOT_IMAP" >/dev/null
	state pop3 "$DOVECOT_POP3" >"$BED_TMP/pop3"
	state --inner imap "$DOVECOT_IMAP" >"$BED_TMP/imap"
	cat "$BED_TMP/imap" "$BED_TMP/pop3"
}

both_same_here() {
	same "$BED_TMP/imap" --inner imap "$OUR_IMAP" &&
		same "$BED_TMP/pop3" pop3 "$OUR_POP3"
}

both_same_there() {
	same "$BED_TMP/imap" --inner imap "$DOVECOT_IMAP" &&
		same "$BED_TMP/pop3" pop3 "$DOVECOT_POP3"
}

there_and_back() {
	dovecot_start
	from_dovecot
	dovecot_stop
	ours both_same_here
	dovecot_start
	both_same_there
}

@test "UIDs, flags, keywords, subscriptions, UIDLs: there, here and back" {
	there_and_back
}

@test "UIDLs of another form, told by pop3_save_uidl, stay" {
	DOVECOT_EXTRA='pop3_uidl_format = %g
		protocol pop3 {
		  pop3_save_uidl = yes
		}'
	there_and_back
	grep -q ' P' "$MAILDIR/dovecot-uidlist"
}

sync_here() {
	local before

	before=$(mbsync_files)
	mbsync_run "$OUR_IMAP"
	[[ $(mbsync_files) == "$before" ]]
}

@test "mbsync copies nothing again after the switch, nor after the way back" {
	local before

	need mbsync
	dovecot_start
	state --make imap "$DOVECOT_IMAP" >/dev/null
	mbsync_run "$DOVECOT_IMAP"
	before=$(mbsync_files)
	[[ $(wc -l <<<"$before") -ge 12 ]]
	dovecot_stop
	ours sync_here
	dovecot_start
	mbsync_run "$DOVECOT_IMAP"
	[[ $(mbsync_files) == "$before" ]]
}

get_here() {
	getmail_run "$OUR_POP3"
	[[ $(getmail_count) == "${#MIGRATE_MAIL[@]}" ]]
	maildir_put thread1.eml
	getmail_run "$OUR_POP3"
	[[ $(getmail_count) == $((${#MIGRATE_MAIL[@]} + 1)) ]]
}

@test "getmail fetches nothing again after the switch, nor after the way back" {
	need getmail
	dovecot_start
	getmail_run "$DOVECOT_POP3"
	[[ $(getmail_count) == "${#MIGRATE_MAIL[@]}" ]]
	dovecot_stop
	ours get_here
	dovecot_start
	getmail_run "$DOVECOT_POP3"
	[[ $(getmail_count) == $((${#MIGRATE_MAIL[@]} + 1)) ]]
}

@test "--explain of a Maildir of Dovecot's says what stays, and touches nothing" {
	local before

	dovecot_start
	from_dovecot
	dovecot_stop
	before=$(inventory)
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $(inventory) == "$before" ]]
	[[ $output == *"kind: Dovecot's"* ]]
	[[ $output == *"separator \"/\""*"--separator=."* ]]
	[[ $output == *"cache: "*"will be made"* ]]
	[[ $output == *"subscribed: 5, from subscriptions (1 of them"* ]]
	[[ $output == *"UIDNEXT 8, 6 UIDs"* ]]
	[[ $output == *'keywords: 3 $label1 NonJunk Work'* ]]
	[[ $output == *"Archive/2023 (.Archive.2023)"* ]]
	run -0 as_user "$BED_BIN/pop3d" --explain
	[[ $(inventory) == "$before" ]]
	[[ $output == *"UIDLs: %08Xu%08Xv (Dovecot's default)"* ]]
}
