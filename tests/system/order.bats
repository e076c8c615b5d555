# What a client is told to be there is there after a power cut: each directory
# is synced before the OK.  The power itself is cut in power.bats, where a file
# system happens to write down more than it was asked to.

load ../lib/bed

# told COMMAND...: the commands in one session; the last one has the tag "do".
told() {
	local trace=$BED_TMP/trace status=0
	local calls=mkdir,mkdirat,rename,renameat,renameat2,link,linkat

	calls+=,unlinkat,fsync,fdatasync,write,sendto

	need_root "strace on another user's process"
	need strace
	printf '%s\r\n' "$@" "z LOGOUT" |
		env -i HOME="$BED_HOME" PATH="$PATH" \
			ASAN_OPTIONS="$ASAN_OPTIONS" \
			strace -f -y -qq -s 9999 -u "$BED_USER" -o "$trace" \
			-e "trace=$calls" \
			"$BED_BIN/imapd" >"$BED_TMP/answer" 2>&1 || status=$?
	cat "$BED_TMP/answer"
	((status == 0))
	/usr/bin/python3 -B "$BED_ROOT/tests/system/order.py" \
		"$trace" "$BED_HOME"
}

nest() {
	maildir_make Work
	bed_own -R "$MAILDIR"
}

@test "the first message of a user without a Maildir" {
	rm -r "$MAILDIR"
	told 'do APPEND INBOX {3+}' $'a\r\n'
}

@test "a message in a Maildir that lacks cur" {
	rm -r "$MAILDIR/cur"
	told 'do APPEND INBOX {3+}' $'a\r\n'
}

@test "CREATE, and RENAME of what has folders below" {
	told 'do CREATE a/b/c'
	told 'do RENAME a/b x/y'
}

@test "CREATE: a folder appears whole, or another session would fill it meanwhile" {
	told 'do CREATE a'
	run grep -E 'mkdirat\([^,]*, "\.a' "$BED_TMP/trace"
	((status == 1))
	grep -E 'renameat2\([^,]*, "\.\.stdmail-new\.[^,]*, [^,]*, "\.a"' \
		"$BED_TMP/trace"
}

@test "a file system that cannot rename without replacing: CREATE, RENAME, DELETE" {
	need_root "strace on another user's process"
	need strace
	printf '%s\r\n' 'a CREATE a' 'b CREATE a' 'c CREATE b' 'd RENAME a b' \
		'e RENAME a c' 'f DELETE c' 'z LOGOUT' |
		env -i HOME="$BED_HOME" PATH="$PATH" \
			ASAN_OPTIONS="$ASAN_OPTIONS" \
			strace -f -qq -u "$BED_USER" -o "$BED_TMP/trace" \
			-e trace=renameat2 -e inject=renameat2:error=EINVAL:syscall=getpid \
			"$BED_BIN/imapd" >"$BED_TMP/answer" 2>&1
	cat "$BED_TMP/answer"
	[[ $(grep -oE '^[a-f] (OK|NO \[ALREADYEXISTS\])' "$BED_TMP/answer" |
		tr '\n' ' ') == "a OK b NO [ALREADYEXISTS] c OK d NO [ALREADYEXISTS] e OK f OK " ]]
}

@test "a keyword without a letter stays, though the cache's state cannot be written" {
	need_root "strace on another user's process"
	need strace
	maildir_put -f S one.eml
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT ($(printf 'k%d ' {1..29})k30)
		S* b OK...
	EOT
	printf '%s\r\n' 'a SELECT INBOX' 'b APPEND INBOX (k30) {3+}' $'a\r\n' \
		'z LOGOUT' |
		env -i HOME="$BED_HOME" PATH="$PATH" \
			ASAN_OPTIONS="$ASAN_OPTIONS" \
			strace -f -qq -u "$BED_USER" -o "$BED_TMP/trace" \
			-P "$BED_HOME/.cache/stdmail/state" \
			-e inject=fdatasync:error=EDQUOT:syscall=getpid \
			"$BED_BIN/imapd" >"$BED_TMP/answer" 2>&1
	grep INJECTED "$BED_TMP/trace"
	grep '^b OK' "$BED_TMP/answer"
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 2 FLAGS
		S: * 2 FETCH (FLAGS (...k30...))
		S: b OK...
	EOT
}

@test "CREATE and RENAME in a tree of directories" {
	nest
	told 'do CREATE a/b/c/d'
	told 'do RENAME a/b x/y/z'
}

@test "COPY and MOVE" {
	maildir_put one.eml two.eml
	maildir_make .Sent
	told 'a SELECT INBOX' 'do COPY 1 Sent'
	told 'a SELECT INBOX' 'do MOVE 1 Sent'
}

@test "DELETE" {
	told 'a CREATE x/y' 'do DELETE x/y'
	nest
	told 'a CREATE x/y' 'do DELETE x/y'
}

@test "SUBSCRIBE, SETMETADATA, and the folder's first keyword" {
	maildir_put one.eml
	told 'do SUBSCRIBE x'
	told 'do SETMETADATA INBOX (/private/comment "x")'
	told 'a SELECT INBOX' 'do STORE 1 +FLAGS (one)'
}
