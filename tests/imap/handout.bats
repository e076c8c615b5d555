# The examples of the handout, as far as they read and change flags, each
# through a pipe and over a socket.

load ../lib/bed

setup() {
	need_root "a login through PAM"
	bed_setup
	# shellcheck disable=SC2046
	maildir_put -f - $(printf 'one.eml %.0s' {1..30})
}

# both <transcript: the same through a pipe and over a socket.
both() {
	local script

	script=$(cat)
	VIA=pipe login_imap <<<"$script"
	VIA=socket login_imap <<<"$script"
}

@test "LOGIN user@domain, LOGOUT" {
	local script

	script=$(cat <<-'EOT'
		S: * OK...
		C: 1 LOGIN ${user}@domain ${password}
		S: 1 OK...
		C: 2 LOGOUT
		S: * BYE...
		S: 2 OK...
		EOF
	EOT
	)
	VIA=pipe imap <<<"$script"
	VIA=socket imap <<<"$script"
}

@test "SELECT and EXAMINE answer what the handout names" {
	both <<-'EOT'
		C: a SELECT INBOX
		S+ * 30 EXISTS
		S+ * 0 RECENT
		S+ * FLAGS (\Answered \Flagged \Deleted \Seen \Draft...)
		S+ * OK [UNSEEN 1] ...
		S+ * OK [PERMANENTFLAGS (...)] ...
		S+ * OK [UIDNEXT 31] ...
		S+ * OK [UIDVALIDITY ${v}] ...
		S* a OK [READ-WRITE] ...
		C: b EXAMINE INBOX
		S* * OK [UIDVALIDITY ${v}] ...
		S* b OK [READ-ONLY] ...
	EOT
}

@test "FETCH 1 full" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG001 FETCH 1 full
		S: * 1 FETCH (FLAGS (...) INTERNALDATE "..." RFC822.SIZE 220 ENVELOPE (...) BODY (...))
		S: TAG001 OK...
	EOT
}

@test "FETCH 4 BODY[]" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG002 FETCH 4 BODY[]
		S: * 4 FETCH (...BODY[] {220}
		S: From: Ada Brook <ada@example.org>
		S* TAG002 OK...
	EOT
}

@test "FETCH 5 FLAGS" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG003 FETCH 5 FLAGS
		S: * 5 FETCH (FLAGS ())
		S: TAG003 OK...
	EOT
}

@test "Fetch 10 (BODY.PEEK[HEADER])" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG004 Fetch 10 (BODY.PEEK[HEADER])
		S: * 10 FETCH (BODY[HEADER] {167}
		S* TAG004 OK...
	EOT
}

@test "FETCH 1 BODY.PEEK[TEXT]" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG005 FETCH 1 BODY.PEEK[TEXT]
		S: * 1 FETCH (BODY[TEXT] {53}
		S: Hello,
		S: this is a short letter of three lines.
		S: Ada
		S: )
		S: TAG005 OK...
	EOT
}

@test "FETCH 1 RFC822.SIZE" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG006 FETCH 1 RFC822.SIZE
		S: * 1 FETCH (RFC822.SIZE 220)
		S: TAG006 OK...
	EOT
}

@test "STORE: +FLAGS, -FLAGS, FLAGS" {
	both <<-'EOT'
		C: s SELECT INBOX
		S* s OK...
		C: TAG001 STORE 20 +FLAGS (\Deleted \Seen)
		S: * 20 FETCH (...FLAGS (\Deleted \Seen))
		S: TAG001 OK...
		C: TAG002 STORE 1 -FLAGS (\Deleted \Seen)
		S: * 1 FETCH (...FLAGS ())
		S: TAG002 OK...
		C: TAG003 STORE 30 FLAGS \Answered
		S: * 30 FETCH (...FLAGS (\Answered))
		S: TAG003 OK...
	EOT
}

@test "CHECK, CLOSE, EXPUNGE, LSUB and the rest of the list in reach" {
	both <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY IMAP4rev1 ...
		S: a OK...
		C: b LIST "" *
		S: * LIST (\HasNoChildren) "/" INBOX
		S: b OK...
		C: c STATUS INBOX (UNSEEN MESSAGES)
		S: * STATUS INBOX (MESSAGES 30 UNSEEN 30)
		S: c OK...
		C: d SUBSCRIBE INBOX
		S: d OK...
		C: e LSUB "" *
		S: * LSUB () "/" INBOX
		S: e OK...
		C: f UNSUBSCRIBE INBOX
		S: f OK...
		C: g SELECT INBOX
		S* g OK...
		C: h CHECK
		S: h OK...
		C: i EXPUNGE
		S: i OK...
		C: j CLOSE
		S: j OK...
	EOT
}
