# Trees of Dovecot's LAYOUT=fs: the mailbox a/b lies in the directory a/b, and
# dots are letters.

load ../lib/bed
load ../lib/dovecot
load ../lib/migrate

setup() {
	bed_setup
}

both_same_here() {
	same "$BED_TMP/pop3" pop3 "$OUR_POP3" &&
		same "$BED_TMP/imap" --inner imap "$OUR_IMAP"
}

# nested FOLDER...: made by hand.
nested() {
	local folder

	for folder; do
		mkdir -p "$MAILDIR/$folder"/{cur,new,tmp}
	done
	bed_own -R "$MAILDIR"
}

@test "Dovecot's tree: names, UIDs, flags, keywords, subscriptions stay, and back" {
	local before

	maildir_put "${MIGRATE_MAIL[@]}"
	nested v1.2/a.b
	DOVECOT_EXTRA='mail_location = maildir:~/Maildir:LAYOUT=fs'
	dovecot_start
	state --make imap "$DOVECOT_IMAP" >/dev/null
	state pop3 "$DOVECOT_POP3" >"$BED_TMP/pop3"
	state --inner imap "$DOVECOT_IMAP" >"$BED_TMP/imap"
	cat "$BED_TMP/imap"
	dovecot_stop
	[[ -d $MAILDIR/v1.2/a.b/cur && -d $MAILDIR/Archive/2023/cur ]]
	before=$(inventory)
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $(inventory) == "$before" ]]
	[[ $output == *"layout: LAYOUT=fs"*"v1.2/a.b (v1.2/a.b)"* ]]
	ours both_same_here
	dovecot_start
	same "$BED_TMP/pop3" pop3 "$DOVECOT_POP3"
	same "$BED_TMP/imap" --inner imap "$DOVECOT_IMAP"
}

@test "CREATE, RENAME and DELETE work on directories in directories" {
	nested a/b.c
	maildir_put -d a/b.c -f S one.eml
	login_imap <<-'EOT'
		C: a CREATE "x/y.z"
		S* a OK...
		C: b CREATE a
		S* b OK...
		C: c CREATE "a/b.c"
		S* c NO [ALREADYEXISTS]...
		C: d CREATE "a/.hidden"
		S* d NO [CANNOT]...
		C: e CREATE "a/cur"
		S* e NO [CANNOT]...
		C: f CREATE "../out"
		S* f NO [CANNOT]...
		C: g LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasChildren) "/" a
		S+ * LIST (\HasNoChildren) "/" a/b.c
		S+ * LIST (\HasNoChildren) "/" x/y.z
		S: g OK...
		C: h RENAME a "deep/er/a"
		S* h OK...
		C: i STATUS "deep/er/a/b.c" (MESSAGES)
		S: * STATUS deep/er/a/b.c (MESSAGES 1)
		S: i OK...
		C: j DELETE "deep/er/a"
		S* j OK...
		C: k LIST "" deep*
		S: * LIST (\HasNoChildren) "/" deep/er/a/b.c
		S: k OK...
		C: l DELETE "deep/er/a"
		S* l NO [HASCHILDREN]...
		C: m DELETE "deep/er/a/b.c"
		S* m OK...
		C: n RENAME "x/y.z" "x/y.z/sub"
		S* n NO...
		C: o LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasNoChildren) "/" x/y.z
		S: o OK...
	EOT
	[[ ! -e $MAILDIR/deep && ! -e $MAILDIR/a ]]
	[[ -z $(find "$MAILDIR" -name '..stdmail*') ]]
}

@test "COPY and SUBSCRIBE reach names with dots, TRYCREATE for those to be" {
	maildir_put one.eml
	nested 'v1.2'
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b COPY 1 "v1.2"
		S* b OK...
		C: c COPY 1 "v1.3"
		S* c NO [TRYCREATE]...
		C: d SUBSCRIBE "v1.2"
		S: d OK...
		C: e SUBSCRIBE "v1.3/x"
		S: e OK...
		C: f LSUB "" *
		S+ * LSUB (...) "/" v1.2
		S+ * LSUB (...) "/" v1.3/x
		S: f OK...
		C: g SUBSCRIBE "a/new"
		S: g NO [CANNOT]...
	EOT
	[[ $(find "$MAILDIR/v1.2/cur" -type f | wc -l) == 1 ]]
	grep -qx "v1.3	x" "$MAILDIR/subscriptions"
}

@test "links are followed to a folder, and not in a circle; Maildir++ wins" {
	nested a
	mkdir -p "$BED_HOME/elsewhere"/{cur,new,tmp}
	ln -s ../../elsewhere "$MAILDIR/a/linked"
	ln -s .. "$MAILDIR/a/up"
	bed_own -R "$BED_HOME"
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (...) "/" INBOX
		S+ * LIST (...) "/" a
		S+ * LIST (...) "/" a/linked
		S+ * LIST (...) "/" a/up
		S: a OK...
		C: b STATUS a/linked (MESSAGES)
		S: * STATUS a/linked (MESSAGES 0)
		S: b OK...
	EOT
	maildir_make .Sent
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (...) "/" INBOX
		S+ * LIST (...) "/" Sent
		S: a OK...
	EOT
}

@test "after a login, links deep in the tree may be followed (Landlock)" {
	need_root "a login through PAM"
	nested a/b
	mkdir -p "$BED_HOME/elsewhere" "$BED_HOME/folder"/{cur,new,tmp}
	mv "$MAILDIR/a/b/cur" "$BED_HOME/elsewhere/cur"
	ln -s ../../../elsewhere/cur "$MAILDIR/a/b/cur"
	ln -s ../../folder "$MAILDIR/a/linked"
	bed_own -R "$BED_HOME"
	VIA=socket login_imap <<-'EOT'
		C: a STATUS a/b (MESSAGES)
		S: * STATUS a/b (MESSAGES 0)
		S: a OK...
		C: b STATUS a/linked (MESSAGES)
		S: * STATUS a/linked (MESSAGES 0)
		S: b OK...
	EOT
}
