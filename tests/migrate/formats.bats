# Control files by hand, as other programs and years may have left them.
# Where Dovecot reads the same form its answer is the reference.

load ../lib/bed
load ../lib/dovecot
load ../lib/migrate

setup() {
	bed_setup
}

# What POP3 hands out is seen from then on: it comes first everywhere.
both_same_here() {
	same "$BED_TMP/pop3" pop3 "$OUR_POP3" &&
		same "$BED_TMP/imap" --inner imap "$OUR_IMAP"
}

# Dovecot's answers, then ours from the same start, then Dovecot's again.
as_dovecot() {
	bed_own -R "$MAILDIR"
	cp -a "$MAILDIR" "$BED_HOME/start"
	dovecot_start
	state pop3 "$DOVECOT_POP3" >"$BED_TMP/pop3"
	state --inner imap "$DOVECOT_IMAP" >"$BED_TMP/imap"
	cat "$BED_TMP/imap" "$BED_TMP/pop3"
	dovecot_stop
	rm -r "$MAILDIR"
	cp -a "$BED_HOME/start" "$MAILDIR"
	ours both_same_here
	dovecot_start
	same "$BED_TMP/imap" --inner imap "$DOVECOT_IMAP"
	same "$BED_TMP/pop3" pop3 "$DOVECOT_POP3"
}

# ledger [-d FOLDER] UID...: of the first messages that were put there.
ledger() {
	local dir=$MAILDIR n=0 uid

	if [[ $1 == -d ]]; then
		dir=$MAILDIR/$2
		shift 2
	fi
	{
		echo "3 V1500000000 N90 G$(md5sum <<<"$dir" | cut -c-32)"
		for uid; do
			n=$((n + 1))
			echo "$uid :$((1700000000 + n)).M${n}P1.bed"
		done
	} >"$dir/dovecot-uidlist"
}

@test "uidlist 3: P G O S W and unknown keys, gaps, stale lines, last UID above N" {
	maildir_put one.eml two.eml three.eml utf8.eml dots.eml
	mv "$MAILDIR/new/1700000001.M1P1.bed" \
		"$MAILDIR/cur/1700000001.M1P1.bed,S=212,W=220:2,FS"
	cat >"$MAILDIR/dovecot-uidlist" <<-'EOT'
		3 V1275660208 N30 G0123456789abcdef0123456789abcdef
		5 Pold-one Z1 :1700000001.M1P1.bed,S=212,W=220:2,S
		9 O1 G00112233445566778899aabbccddeeff :1700000002.M2P1.bed
		10 :1600000000.M1P1.gone
		26 S701 W724 Punusual~id :1700000003.M3P1.bed
		40 O2 :1700000004.M4P1.bed
	EOT
	as_dovecot
	grep -q ' Z1 ' "$MAILDIR/dovecot-uidlist"
	grep -q '^  40 ' "$BED_TMP/imap"
}

@test "uidlist 3: the form of UIDLs in the header, UIDVALIDITY 4294967295" {
	maildir_put one.eml two.eml
	cat >"$MAILDIR/dovecot-uidlist" <<-'EOT'
		3 V4294967295 N4000000002 G0123456789abcdef0123456789abcdef
		7 :1700000001.M1P1.bed
		4000000001 :1700000002.M2P1.bed
	EOT
	DOVECOT_EXTRA='pop3_uidl_format = %08Xu%08Xv'
	as_dovecot
	sed -i '1s/$/ PUID%u-%v/' "$MAILDIR/dovecot-uidlist"
	run -0 as_user "$BED_BIN/pop3d" --explain
	[[ $output == *"UIDLs: UID%u-%v (from the ledger)"* ]]
	login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 UID7-4294967295
		S: 2 UID4000000001-4294967295
		S: .
	EOT
}

@test "uidlist 1, UIDVALIDITY 1" {
	maildir_put one.eml two.eml three.eml
	printf '%s\n' '1 1 13' '3 1700000001.M1P1.bed' \
		'12 1700000003.M3P1.bed:2,S' >"$MAILDIR/dovecot-uidlist"
	as_dovecot
	head -1 "$MAILDIR/dovecot-uidlist" | grep -q '^3 V1 '
}

@test "a torn last line is left out, and its UID not given again" {
	maildir_put one.eml two.eml
	printf '3 V77 N9 G0123456789abcdef0123456789abcdef\n%s\n%s' \
		'8 :1700000001.M1P1.bed' '9 :17000000' \
		>"$MAILDIR/dovecot-uidlist"
	bed_own "$MAILDIR/dovecot-uidlist"
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* * OK [UIDVALIDITY 77]...
		S* a OK...
		C: b UID FETCH 1:* FLAGS
		S: * 1 FETCH (UID 8 ...
		S: * 2 FETCH (UID 9 ...
		S: b OK...
	EOT
}

# Dovecot throws such a file away.
@test "line ends of another system: the UIDs stay" {
	maildir_put one.eml two.eml
	printf '%s\r\n' '3 V77 N9 G0123456789abcdef0123456789abcdef' \
		'4 :1700000001.M1P1.bed' '8 :1700000002.M2P1.bed' \
		>"$MAILDIR/dovecot-uidlist"
	bed_own "$MAILDIR/dovecot-uidlist"
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $output == *"damaged: some lines"* ]]
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* * OK [UIDNEXT 9]...
		S* a OK...
		C: b UID FETCH 1:* FLAGS
		S: * 1 FETCH (UID 4 ...
		S: * 2 FETCH (UID 8 ...
		S: b OK...
	EOT
	[[ -n $(find "$MAILDIR" -name 'dovecot-uidlist.damaged.*') ]]
}

@test "keywords with a hole, a letter without a name, unknown flags" {
	maildir_put one.eml two.eml three.eml
	ledger 1 2 3
	mv "$MAILDIR/new/1700000001.M1P1.bed" \
		"$MAILDIR/cur/1700000001.M1P1.bed:2,Sad"
	mv "$MAILDIR/new/1700000002.M2P1.bed" \
		"$MAILDIR/cur/1700000002.M2P1.bed:2,FXa"
	printf '0 $Label1\n3 NonJunk\n' >"$MAILDIR/dovecot-keywords"
	as_dovecot
	[[ -e $MAILDIR/cur/1700000002.M2P1.bed:2,FSXa ]]
	# Dovecot gives it the name "unknown-1".
	mv "$MAILDIR/cur/1700000002.M2P1.bed:2,FSXa" \
		"$MAILDIR/cur/1700000002.M2P1.bed:2,FSXab"
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 2 -FLAGS ($Label1)
		S: * 2 FETCH (...FLAGS (\Flagged \Seen)...)
		S: b OK...
	EOT
	[[ -e $MAILDIR/cur/1700000002.M2P1.bed:2,FSXb ]]
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $output == *'keywords: 2 $Label1 NonJunk'* ]]
	[[ $output == *"1 messages have letters without a keyword"* ]]
}

@test "subscriptions of version 1 and 2, names without a mailbox" {
	maildir_make .Sent
	maildir_make '.R&AOk-sum&AOk-'
	maildir_make .a.b
	ledger
	for folder in .Sent '.R&AOk-sum&AOk-' .a.b; do
		ledger -d "$folder"
	done
	printf '%s\n' INBOX Sent 'R&AOk-sum&AOk-' a.b \
		>"$MAILDIR/subscriptions"
	as_dovecot
	printf 'V\t2\n\na\tb\nSent\nLost\n' >"$MAILDIR/subscriptions"
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $output == *"subscribed: 3, from subscriptions (1 of them"* ]]
}

@test "old mail, S= and W= wrong, 0 octets, no last line end, CRLF, CR, NUL" {
	local cur=$MAILDIR/cur

	maildir_put -f S one.eml nonl.eml crlf.eml
	mv "$cur/1700000001.M1P1.bed:2,S" \
		"$cur/1700000001.M1P1.bed,S=5,W=6:2,S"
	touch -d '1999-12-31 23:59:59Z' "$cur"/1700000001*
	: >"$cur/1700000004.M4P1.bed:2,"
	printf 'A: b\n\nbare\rCR\n' >"$cur/1700000005.M5P1.bed:2,"
	printf 'A: b\n\nright S and W\n' >"$cur/1700000006.M6P1.bed,S=20,W=23:2,"
	touch -d @1700000000 "$cur"/17000000{04,05,06}*
	printf 'A: b\n\nN\0L\n' >"$cur/1700000007.M7P1.bed:2,"
	touch -d @1700000000 "$cur"/1700000007*
	mkdir "$cur/1700000008.M8P1.bed:2,"
	bed_own -R "$MAILDIR"
	login_imap <<-EOT
		C: a EXAMINE INBOX
		S* * 7 EXISTS
		S* a OK...
		C: b FETCH 1:7 (INTERNALDATE RFC822.SIZE)
		S: * 1 FETCH (INTERNALDATE "31-Dec-1999 23:59:59 +0000" RFC822.SIZE $(wire "$BED_MAIL/one.eml" | wc -c))
		S: * 2 FETCH (...RFC822.SIZE 171)
		S: * 3 FETCH (...RFC822.SIZE $(wire "$BED_MAIL/crlf.eml" | wc -c))
		S: * 4 FETCH (...RFC822.SIZE 0)
		S: * 5 FETCH (...RFC822.SIZE 17)
		S: * 6 FETCH (...RFC822.SIZE 23)
		S: * 7 FETCH (...RFC822.SIZE 13)
		S: b OK...
	EOT
	[[ -d $cur/1700000008.M8P1.bed:2, ]]
}

@test "mail of mode 000 is refused, its neighbours are served" {
	need_root "a user who is not root"
	maildir_put one.eml two.eml
	chmod 0 "$MAILDIR/new/1700000001.M1P1.bed"
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* * 2 EXISTS
		S* a OK...
		C: b FETCH 1 BODY.PEEK[]
		S* b NO...
		C: c FETCH 2 BODY.PEEK[HEADER.FIELDS (Message-ID)]
		S* c OK...
	EOT
}

@test "names of folders: two spellings, .new, a link, no folder at all" {
	maildir_make '.R&AOk-sum&AOk-'
	maildir_make '.Résumé2'
	maildir_make .a.b
	maildir_make .new
	maildir_make ..x
	mkdir -p "$BED_HOME/elsewhere"/{cur,new,tmp}
	ln -s ../elsewhere "$MAILDIR/.linked"
	: >"$MAILDIR/.file"
	bed_own -R "$BED_HOME"
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $output == *"folders: 6, names on the disk in UTF-8"* ]]
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (...) "/" INBOX
		S+ * LIST (...) "/" R&AOk-sum&AOk-
		S+ * LIST (...) "/" R&AOk-sum&AOk-2
		S+ * LIST (...) "/" a/b
		S+ * LIST (...) "/" linked
		S+ * LIST (...) "/" new
		S: a OK...
		C: b STATUS linked (MESSAGES)
		S: * STATUS linked (MESSAGES 0)
		S: b OK...
		C: c LIST "" %
		S+ * LIST (...) "/" INBOX
		S+ * LIST (...) "/" R&AOk-sum&AOk-
		S+ * LIST (...) "/" R&AOk-sum&AOk-2
		S+ * LIST (\Noselect \HasChildren) "/" a
		S+ * LIST (...) "/" linked
		S+ * LIST (...) "/" new
		S: c OK...
	EOT
}

# pop3_list HEADER LINE...: courierpop3dsizelist.
pop3_list() {
	printf '%s\n' "$@" >"$MAILDIR/courierpop3dsizelist"
	bed_own "$MAILDIR/courierpop3dsizelist"
}

@test "courierpop3dsizelist 3: UIDVALIDITY of each line, none, names for 0" {
	maildir_put one.eml two.eml three.eml
	mv "$MAILDIR/new/1700000003.M3P1.bed" \
		"$MAILDIR/new/1700000003.M3P1+x.bed"
	printf '1 275660208 60\n50 1700000001.M1P1.bed\n' \
		>"$MAILDIR/courierimapuiddb"
	pop3_list '/3 9 1234' '1700000001.M1P1.bed:2,S 220 7:1234' \
		'1700000002.M2P1.bed 667 8:0:1' \
		'1700000003.M3P1+x.bed 724 0:1234'
	run -0 as_user "$BED_BIN/pop3d" --explain
	[[ $output == *"own: 3 messages, from courierpop3dsizelist"* ]]
	login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 UID7-1234
		S: 2 UID8
		S: 3 1700000003.M3P1+2Bx.bed
		S: .
	EOT
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* * OK [UIDVALIDITY 275660208]...
		S* a OK...
		C: b UID FETCH 1:* FLAGS
		S: * 1 FETCH (UID 50 ...
		S: * 2 FETCH (UID 60 ...
		S: * 3 FETCH (UID 61 ...
		S: b OK...
	EOT
}

@test "courierpop3dsizelist 2 and its oldest form" {
	maildir_put one.eml two.eml
	cp -a "$MAILDIR" "$BED_HOME/start"
	pop3_list '/2 9 1234' '1700000001.M1P1.bed 220 7:1234' \
		'1700000002.M2P1.bed 667 8:99'
	login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 UID7-1234
		S: 2 UID8-99
		S: .
	EOT
	rm -r "$MAILDIR"
	cp -a "$BED_HOME/start" "$MAILDIR"
	pop3_list '1700000001.M1P1.bed 220' '1700000002.M2P1.bed 667'
	login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 1700000001.M1P1.bed
		S: 2 1700000002.M2P1.bed
		S: .
	EOT
}

@test "courierimapkeywords: the list, and what came after it" {
	local dir=$MAILDIR/courierimapkeywords

	maildir_put one.eml two.eml three.eml utf8.eml
	mkdir "$dir"
	printf '%s\n' Red Blue '' 1700000001.M1P1.bed:'0 1' \
		1700000002.M2P1.bed:0 1700000003.M3P1.bed:1 >"$dir/:list"
	printf 'Green\n' >"$dir/.5.1700000002.M2P1.bed"
	printf 'Red\n' >"$dir/.4.1700000002.M2P1.bed"
	: >"$dir/1700000003.M3P1.bed"
	printf 'Blue\n' >"$dir/.9.1700000003.M3P1.bed"
	printf 'Black\n' >"$dir/1700000004.M4P1.bed"
	bed_own -R "$MAILDIR"
	run -0 as_user "$BED_BIN/imapd" --explain
	[[ $output == *"courierimapkeywords: 3 messages get letters"* ]]
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b SEARCH KEYWORD Red
		S: * SEARCH 1
		S: b OK...
		C: c SEARCH KEYWORD Blue
		S: * SEARCH 1
		S: c OK...
		C: d SEARCH KEYWORD Green
		S: * SEARCH 2
		S: d OK...
		C: e SEARCH KEYWORD Black
		S: * SEARCH 4
		S: e OK...
	EOT
}

@test "courierimapkeywords: the 27th and on stay too, and what was forwarded" {
	local dir=$MAILDIR/courierimapkeywords letters

	maildir_put one.eml two.eml three.eml
	mv "$MAILDIR/new/1700000003.M3P1.bed" \
		"$MAILDIR/cur/1700000003.M3P1.bed:2,P"
	mkdir "$dir"
	letters=$(printf '%s ' {0..29})
	{
		printf 'Word%d\n' {0..29}
		printf '\n%s:%s\n' 1700000001.M1P1.bed "${letters% }"
		printf '%s:%s\n' 1700000002.M2P1.bed '3 28'
	} >"$dir/:list"
	printf 'Word29\nWord4\n' >"$dir/1700000003.M3P1.bed"
	bed_own -R "$MAILDIR"
	for _ in first "and without the cache"; do
		login_imap <<-'EOT'
			C: a EXAMINE INBOX
			S* a OK...
			C: b SEARCH KEYWORD Word3 KEYWORD Word28
			S: * SEARCH 1 2
			S: b OK...
			C: c SEARCH KEYWORD Word29
			S: * SEARCH 1 3
			S: c OK...
			C: d SEARCH KEYWORD Word26
			S: * SEARCH 1
			S: d OK...
			C: e SEARCH KEYWORD $Forwarded
			S: * SEARCH 3
			S: e OK...
		EOT
		rm -r "$BED_HOME/.cache/stdmail"
	done
}

@test "--explain counts on a terminal, and leaves no count behind" {
	need script
	for i in {1..40}; do
		maildir_make .box$i
	done
	maildir_put one.eml
	run -0 as_user env TERM=vt100 script -qec "$BED_BIN/imapd --explain" \
		/dev/null
	[[ $output == *"folders: 41"*"box40 (.box40)"* ]]
	[[ $output == *" of 41 mailboxes, "*" messages"*$'\r\e[K'* ]]
	[[ ${output##*$'\e[K'} != *" of 41 mailboxes"* ]]
}
