# The handout's searches, through a pipe and over a socket.

load ../lib/bed

setup() {
	need_root "a login through PAM"
	bed_setup
	letter 'notifications@github.com' 'ann@example.org' 'Fri, 11 Mar 2016 23:59:00 +0000'
	letter 'issues-reply@bitbucket.org' 'support@cybrary.it' 'Sat, 12 Mar 2016 08:00:00 +0000'
	letter 'notification@github.com' 'ann@example.org' 'Sun, 13 Mar 2016 08:00:00 +0000'
	letter 'ann@example.org' 'bob@example.org' 'Mon, 14 Mar 2016 08:00:00 +0000'
	touch -d '2016-03-11 12:00' "$MAILDIR"/cur/*.M1P1.bed*
	touch -d '2016-03-12 12:00' "$MAILDIR"/cur/*.M2P1.bed*
	touch -d '-30 minutes' "$MAILDIR"/cur/*.M3P1.bed*
}

# letter FROM TO DATE
letter() {
	printf 'From: %s\nTo: %s\nDate: %s\nSubject: x\n\ny\n' "$@" \
		>"$BED_TMP/letter"
	maildir_put -f S "$BED_TMP/letter"
}

@test "FROM, TO, SEEN, dates, ages, OR and NOT" {
	local script

	script=$(cat <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: 4 SEARCH FROM notifications@github.com
		S: * SEARCH 1
		S: 4 OK...
		C: 5 SEARCH TO support@cybrary.it
		S: * SEARCH 2
		S: 5 OK...
		C: 6 SEARCH SEEN
		S: * SEARCH 1 2 3 4
		S: 6 OK...
		C: TAG001 SEARCH SENTBEFORE 12-Mar-2016
		S: * SEARCH 1
		S: TAG001 OK...
		C: TAG002 SEARCH SENTON 12-Mar-2016
		S: * SEARCH 2
		S: TAG002 OK...
		C: TAG003 SEARCH SENTSINCE 12-Mar-2016
		S: * SEARCH 2 3 4
		S: TAG003 OK...
		C: TAG004 SEARCH BEFORE 12-Mar-2016
		S: * SEARCH 1
		S: TAG004 OK...
		C: TAG005 SEARCH YOUNGER 3600
		S: * SEARCH 3
		S: TAG005 OK...
		C: TAG006 SEARCH OLDER 3600
		S: * SEARCH 1 2 4
		S: TAG006 OK...
		C: 7 SEARCH OR (FROM notification@github.com) (FROM issues-reply@bitbucket.org)
		S: * SEARCH 2 3
		S: 7 OK...
		C: 8 SEARCH NOT (OR (FROM notification@github.com) (FROM issues-reply@bitbucket.org))
		S: * SEARCH 1 4
		S: 8 OK...
	EOT
	)
	VIA=pipe login_imap <<<"$script"
	VIA=socket login_imap <<<"$script"
}
