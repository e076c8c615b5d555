# What is said about the options: everywhere the same; and those that no other
# room looks at do what they say.

load ../lib/bed

@test "every option of --help is in both manual pages and in README.md" {
	local option page n=0

	for option in $("$BED_BIN/imapd" --help |
		sed -nE 's/^  --([a-z-]+).*/\1/p'); do
		n=$((n + 1))
		for page in imapd/imapd.8 pop3d/pop3d.8; do
			grep -qE "Fl -$option( |\$)" "$BED_ROOT/$page" || {
				echo "--$option is not in $page"
				return 1
			}
		done
		grep -qF -e "--$option" "$BED_ROOT/README.md" || {
			echo "--$option is not in README.md"
			return 1
		}
	done
	((n > 20))
	cmp <("$BED_BIN/imapd" --help | sed -nE 's/^  --([a-z-]+).*/\1/p') \
		<("$BED_BIN/pop3d" --help | sed -nE 's/^  --([a-z-]+).*/\1/p')
}

@test "--maildir: mail elsewhere; a tilde is the user's home" {
	maildir_put one.eml two.eml
	mkdir "$BED_HOME/elsewhere"
	mv "$MAILDIR" "$BED_HOME/elsewhere/Mail"
	bed_own "$BED_HOME/elsewhere"
	login_pop3 "--maildir=$BED_HOME/elsewhere/Mail" <<-'EOT'
		C: STAT
		S: +OK 2 ...
	EOT
	need_root "a home that the program looks up"
	login_imap '--maildir=~/elsewhere/Mail' <<-'EOT'
		C: a SELECT INBOX
		S* * 2 EXISTS
		S* a OK...
	EOT
	[[ ! -e $MAILDIR ]]
}

@test "--cache: the index is there, and nowhere else" {
	maildir_put one.eml
	login_imap "--cache=$BED_HOME/index" <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
	EOT
	[[ -n $(find "$BED_HOME/index" -type f) ]]
	[[ ! -e $BED_HOME/.cache ]]
}

@test "--cache=none: no index is left, and UIDs stay" {
	maildir_put one.eml two.eml
	# One script twice: the second session must see the same.
	for _ in 1 2; do
		login_imap --cache=none <<-'EOT'
			C: a SELECT INBOX
			S* * OK [UIDNEXT 3]...
			S* a OK...
			C: b FETCH 2 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])
			S: * 2 FETCH (UID 2 BODY...
			S* b OK...
		EOT
	done
	[[ ! -e $BED_HOME/.cache ]]
}

@test "--cache-max: a cache that is full costs time, no answer" {
	local n

	for n in {1..40}; do
		{
			echo "Subject: letter $n"
			echo
			head -c 30000 /dev/urandom | base64
			echo "needle$n end"
		} >"$BED_TMP/long.eml"
		maildir_put "$BED_TMP/long.eml"
	done
	for _ in 1 2; do
		login_imap --cache-max=512K <<-'EOT'
			C: a SELECT INBOX
			S* * 40 EXISTS
			S* a OK...
			C: b SEARCH BODY needle33
			S: * SEARCH 33
			S: b OK...
			C: c SEARCH BODY nosuchneedle
			S: * SEARCH
			S: c OK...
			C: d FETCH 40 (ENVELOPE BODYSTRUCTURE)
			S: * 40 FETCH (ENVELOPE (NIL "letter 40" ...
			S: d OK...
		EOT
	done
	n=$(find "$BED_HOME/.cache" -name '*.mdb' -size +1024k | wc -l)
	[[ $n == 0 ]]
}

@test "--plaintext-login=local: loopback is local, also said outright" {
	need_root "a login through PAM"
	VIA=socket pop3 --plaintext-login=local <<-'EOT'
		S: +OK...
		C: USER ${user}
		S: +OK...
		C: PASS ${password}
		S: +OK...
	EOT
}
