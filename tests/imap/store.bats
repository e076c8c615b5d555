# STORE: flags and keywords.

load ../lib/bed

setup() {
	bed_setup
	maildir_put -f - one.eml two.eml
}

@test "adding, removing and replacing flags, with and without parentheses" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: TAG001 STORE 2 +FLAGS (\Deleted \Seen)
		S: * 2 FETCH (...FLAGS (\Deleted \Seen))
		S: TAG001 OK...
		C: TAG002 STORE 2 -FLAGS (\Deleted \Seen)
		S: * 2 FETCH (...FLAGS ())
		S: TAG002 OK...
		C: TAG003 STORE 1 FLAGS \Answered
		S: * 1 FETCH (...FLAGS (\Answered))
		S: TAG003 OK...
		C: TAG004 STORE 1 flags (\draft \FLAGGED)
		S: * 1 FETCH (...FLAGS (\Flagged \Draft))
		S: TAG004 OK...
		C: TAG005 STORE 1 FLAGS ()
		S: * 1 FETCH (...FLAGS ())
		S: TAG005 OK...
		C: TAG006 STORE 1:2 +FLAGS.SILENT \Seen \Flagged
		S: TAG006 OK...
		C: TAG007 FETCH 1:2 FLAGS
		S: * 1 FETCH (FLAGS (\Flagged \Seen))
		S: * 2 FETCH (FLAGS (\Flagged \Seen))
		S: TAG007 OK...
	EOT
	(($(find "$MAILDIR/cur" -name '*:2,FS' | wc -l) == 2))
}

@test "storing what is already so is no error and is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS (\Seen)
		S: * 1 FETCH (...FLAGS (\Seen))
		S: b OK...
		C: c STORE 1 +FLAGS (\Seen)
		S: * 1 FETCH (...FLAGS (\Seen))
		S: c OK...
		C: d STORE 1 FLAGS (\Seen)
		S: * 1 FETCH (...FLAGS (\Seen))
		S: d OK...
	EOT
}

@test "keywords are made, named before they are used, and kept" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS ($label1 Work)
		S: * FLAGS (...$label1 Work...)
		S: * OK [PERMANENTFLAGS (...$label1 Work... \*)] ...
		S: * 1 FETCH (...FLAGS ($label1 Work))
		S: b OK...
		C: c STORE 1 -FLAGS (wORK None)
		S: * 1 FETCH (...FLAGS ($label1))
		S: c OK...
	EOT
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S: * FLAGS (...$label1 Work...)
		S* a OK...
		C: b FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS ($label1))
		S: b OK...
	EOT
}

@test "\$Forwarded is the letter P of the file name" {
	maildir_put -f P one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 3 FLAGS
		S: * 3 FETCH (FLAGS ($Forwarded))
		S: b OK...
		C: c STORE 1 +FLAGS ($Forwarded)
		S* c OK...
	EOT
	(($(find "$MAILDIR/cur" -name '*:2,P*' | wc -l) == 2))
}

@test "\\Recent, unknown flags with a backslash and bad lists are BAD" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS (\Recent)
		S: b BAD...
		C: c STORE 1 +FLAGS (new \Nonsense)
		S: c BAD...
		C: d STORE 1 +FLAGS (\Seen
		S: d BAD...
		C: e STORE 1 FLAG (\Seen)
		S: e BAD...
		C: f STORE 1 +FLAGS
		S: f BAD...
		C: g STORE 3 +FLAGS (\Seen)
		S: g BAD...
		C: h STORE 1 +FLAGS (\*)
		S: h BAD...
		C: i FETCH 1 FLAGS
		S: * 1 FETCH (FLAGS ())
		S: i OK...
	EOT
}

@test "UID STORE answers with UIDs and ignores UIDs that do not exist" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID STORE 2,17 +FLAGS (\Seen)
		S: * 2 FETCH (UID 2 FLAGS (\Seen))
		S: b OK...
		C: c UID STORE 17 +FLAGS (\Seen)
		S: c OK...
	EOT
}

@test "a seventieth keyword is refused, the rest goes on" {
	local n
	{
		echo 'C: a SELECT INBOX'
		echo 'S* a OK...'
		for n in {1..70}; do
			echo "C: $n UID STORE 1 +FLAGS.SILENT (kw$n)"
		done
		echo 'S* 70 NO [LIMIT] ...'
		echo 'C: b STORE 1 +FLAGS.SILENT (\Seen kw1)'
		echo 'S* b OK...'
	} | login_imap
}

@test "RFC 3501 6.4.6: .SILENT hides one's own change, not a program's of just before" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN mv "$MAILDIR"/cur/1700000002.*:2, "$MAILDIR"/cur/1700000002.M2P1.bed:2,R
		C: b STORE 1:2 +FLAGS.SILENT (\Deleted)
		S: * 2 FETCH (UID 2 FLAGS (\Answered \Deleted))
		S: b OK...
		C: c NOOP
		S: c OK...
	EOT
}
