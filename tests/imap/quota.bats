# QUOTA (RFC 9208), from Maildir++'s maildirsize.

load ../lib/bed

# limits LINE...: the file maildirsize
limits() {
	printf '%s\n' "$@" >"$MAILDIR/maildirsize"
	bed_own "$MAILDIR/maildirsize"
}

@test "where there is no limit there is no root" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE...
		S: a OK...
		C: b GETQUOTAROOT INBOX
		S: * QUOTAROOT INBOX
		S: b OK...
		C: c GETQUOTA "User quota"
		S: c NO [NONEXISTENT] ...
		C: d SETQUOTA "User quota" (STORAGE 1)
		S: d BAD...
	EOT
}

@test "limits and usage; the mailbox need not exist (RFC 9208 4.1)" {
	limits 10240S,100C '2000 3'
	login_imap <<-'EOT'
		C: a GETQUOTAROOT nothere
		S: * QUOTAROOT nothere "User quota"
		S: * QUOTA "User quota" (STORAGE 2 10 MESSAGE 3 100)
		S: a OK...
		C: b GETQUOTA "User quota"
		S: * QUOTA "User quota" (STORAGE 2 10 MESSAGE 3 100)
		S: b OK...
		C: c GETQUOTA other
		S: c NO [NONEXISTENT] ...
		C: d GETQUOTA
		S: d BAD...
	EOT
	limits 5C '10 1' '-4 -1' '  20 1  '
	login_imap <<-'EOT'
		C: a GETQUOTA "User quota"
		S: * QUOTA "User quota" (MESSAGE 1 5)
		S: a OK...
	EOT
}

@test "APPEND, COPY and EXPUNGE write lines; MOVE changes nothing" {
	maildir_make .box
	limits 100000S '0 0'
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b APPEND INBOX {6+}
		C: a: bc
		S* b OK...
		C: c COPY 1 box
		S* c OK...
		C: d MOVE 1 box
		S* d OK...
		C: e SELECT box
		S* e OK...
		C: f STORE 1:2 +FLAGS.SILENT (\Deleted)
		S: f OK...
		C: g UID EXPUNGE 1
		S* g OK...
	EOT
	diff "$MAILDIR/maildirsize" - <<-EOT
		100000S
		0 0
		$(printf '%-13s' '6 1')
		$(printf '%-13s' '6 1')
		$(printf '%-13s' '-6 -1')
	EOT
}

@test "OVERQUOTA for APPEND before the literal, and for COPY (RFC 9208 4.3.1)" {
	maildir_put -f - one.eml
	maildir_make .box
	limits 300S,9C "$(wc -c <"$BED_MAIL/one.eml") 1"
	login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: b APPEND INBOX {200}
		S: b NO [OVERQUOTA] ...
		C: c COPY 1 box
		S: c NO [OVERQUOTA] ...
		C: d APPEND INBOX {4+}
		C: a: b (\\Seen) {200}
		S: d NO [OVERQUOTA] ...
		C: e REPLACE 1 INBOX {200+}
		C: Subject: $(printf 'x%.0s' {1..191})
		S* e OK...
	EOT
	(($(maildir_count) == 1 && $(maildir_count .box) == 0))
}

@test "a sum that says full is counted anew before anybody is refused" {
	maildir_put -f - one.eml
	limits 1000S '400 1' '599 1'
	login_imap <<-'EOT'
		C: a APPEND INBOX {10+}
		C: Subject: x
		S: a OK...
		C: b GETQUOTA "User quota"
		S: * QUOTA "User quota" (STORAGE 1 0)
		S: b OK...
	EOT
	[[ $(head -n1 "$MAILDIR/maildirsize") == 1000S ]]
	(($(wc -l <"$MAILDIR/maildirsize") == 3))
}

@test "a file that has grown is counted anew; a deleted mailbox gives its room back" {
	maildir_make .box
	maildir_put -d .box -f - one.eml
	maildir_put -f - one.eml
	limits 100000S "$(yes '1 0' | head -n 2000)"
	login_imap <<-'EOT'
		C: a GETQUOTA "User quota"
		S: * QUOTA "User quota" (STORAGE 1 97)
		S: a OK...
		C: b DELETE box
		S: b OK...
	EOT
	diff "$MAILDIR/maildirsize" - <<-EOT
		100000S
		$(printf '%-13s' "$(wc -c <"$BED_MAIL/one.eml") 1")
	EOT
}
