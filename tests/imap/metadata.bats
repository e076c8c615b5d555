# METADATA (RFC 5464).

load ../lib/bed

@test "mailbox and server entries are set, got, replaced and removed" {
	maildir_make .box
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... METADATA ...
		S: a OK...
		C: b SETMETADATA INBOX (/private/comment {10}
		S: + ...
		C~ two\r\nlines /shared/Comment "for \\"all\\"")\r\n
		S: b OK...
		C: c GETMETADATA INBOX (/shared/comment /private/comment)
		S: * METADATA INBOX (/shared/comment "for \"all\"" /private/comment {10}
		S: two
		S: lines)
		S: c OK...
		C: d GETMETADATA "" /private/comment
		S: * METADATA "" (/private/comment NIL)
		S: d OK...
		C: e SETMETADATA "" (/private/comment "server")
		S: e OK...
		C: f GETMETADATA "" /PRIVATE/comment
		S: * METADATA "" (/private/comment "server")
		S: f OK...
		C: g SETMETADATA INBOX (/private/comment NIL)
		S: g OK...
		C: h GETMETADATA INBOX /private/comment
		S: * METADATA INBOX (/private/comment NIL)
		S: h OK...
		C: i SETMETADATA box (/private/vendor/x/y ~{3+}
		C~ a\0b)\r\n
		S: i OK...
		C: j GETMETADATA box /private/vendor/x/y
		S~ * METADATA box (/private/vendor/x/y ~{3}\r\na\0b)\r\n
		S: j OK...
	EOT
	rm -rf "$BED_HOME/.cache"
	login_imap <<-'EOT'
		C: a RENAME box other
		S: a OK...
		C: b GETMETADATA other (/private/vendor/x/y)
		S~ * METADATA other (/private/vendor/x/y ~{3}\r\na\0b)\r\n
		S: b OK...
	EOT
}

@test "MAXSIZE and DEPTH, before the mailbox or behind it (RFC 5464 4.2)" {
	login_imap <<-'EOT'
		C: a SETMETADATA INBOX (/private/f/a "1" /private/f/b/c "12345" /private/f "x" /private/fx "no")
		S: a OK...
		C: b GETMETADATA (DEPTH 1) INBOX /private/f
		S: * METADATA INBOX (/private/f "x" /private/f/a "1")
		S: b OK...
		C: c GETMETADATA INBOX (DEPTH infinity MAXSIZE 3) (/private/f)
		S: * METADATA INBOX (/private/f "x" /private/f/a "1")
		S: c OK [METADATA LONGENTRIES 5] ...
		C: d GETMETADATA INBOX (DEPTH infinity) /shared
		S: d OK...
	EOT
}

@test "what cannot be: NO with its code, and nothing is changed (RFC 5464 4.3)" {
	local n
	{
		cat <<-'EOT'
			C: a SETMETADATA nothere (/private/comment "x")
			S: a NO [NONEXISTENT] ...
			C: b SETMETADATA INBOX (/private/comment "x" /private/big {70000+}
		EOT
		echo "C: $(printf 'x%.0s' {1..70000}))"
		cat <<-'EOT'
			S: b NO [METADATA MAXSIZE 65536] ...
			C: c SETMETADATA "" (/shared/admin "me")
			S: c NO...
			C: d SETMETADATA INBOX (/other/comment "x")
			S: d BAD...
			C: e SETMETADATA INBOX (/private//comment "x")
			S: e BAD...
			C: f SETMETADATA INBOX (/private/com* "x")
			S: f BAD...
			C: k SETMETADATA INBOX (/privates/x "x")
			S: k BAD...
			C: g SETMETADATA INBOX /private/comment "x"
			S: g BAD...
			C: h GETMETADATA INBOX (DEPTH 2) /private/comment
			S: h BAD...
			C: i GETMETADATA INBOX /private/comment
			S: * METADATA INBOX (/private/comment NIL)
			S: i OK...
		EOT
		for n in {1..200}; do
			echo "C: t$n SETMETADATA INBOX (/private/n/$n \"x\")"
		done
		cat <<-'EOT'
			S* t200 OK...
			C: j SETMETADATA INBOX (/private/one "x")
			S: j NO [METADATA TOOMANY] ...
		EOT
	} | login_imap
}

@test "/private/specialuse is the mark (RFC 6154 5.4)" {
	maildir_make .Mine
	maildir_make .Sent
	login_imap <<-'EOT'
		C: a SETMETADATA Mine (/private/specialuse "\\sent")
		S: a OK...
		C: b LIST (SPECIAL-USE) "" *
		S: * LIST (\HasNoChildren \Sent) "/" Mine
		S: b OK...
		C: c SETMETADATA Sent (/private/specialuse "\\Sent")
		S: c NO [USEATTR] ...
		C: d SETMETADATA Sent (/private/specialuse "\\Nonsense")
		S: d NO [USEATTR] ...
		C: e SETMETADATA Mine (/private/specialuse NIL)
		S: e OK...
		C: f LIST (SPECIAL-USE) "" *
		S: * LIST (\HasNoChildren \Sent) "/" Sent
		S: f OK...
	EOT
}

@test "RENAME of INBOX: the notes are there and here; DELETE takes them (RFC 5464 4.1)" {
	login_imap <<-'EOT'
		C: a SETMETADATA INBOX (/shared/comment "mine")
		S: a OK...
		C: b RENAME INBOX old
		S: b OK...
		C: c GETMETADATA INBOX /shared/comment
		S: * METADATA INBOX (/shared/comment "mine")
		S: c OK...
		C: d GETMETADATA old /shared/comment
		S: * METADATA old (/shared/comment "mine")
		S: d OK...
		C: e DELETE old
		S: e OK...
		C: f CREATE old
		S: f OK...
		C: g GETMETADATA old /shared/comment
		S: * METADATA old (/shared/comment NIL)
		S: g OK...
	EOT
}
