# THREAD (RFC 5256).

load ../lib/bed
load ../lib/found

# mail ID SUBJECT DAY [FIELD...]: one more message.
mail() {
	{
		printf 'Message-ID: <%s@x>\nSubject: %s\n' "$1" "$2"
		printf 'Date: Tue, %d Feb 2016 12:00:00 +0000\n' "$3"
		shift 3
		((!$#)) || printf '%s\n' "$@"
		printf '\nbody\n'
	} >"$BED_TMP/mail"
	maildir_put -f - "$BED_TMP/mail"
}

letters() {
	mail a 'plums' 1
	mail b 'Re: plums' 4 'In-Reply-To: <a@x>'
	mail c 'other' 2
	mail d 'Re: plums' 3 'References: <a@x>'
	mail e 'Re: plums' 5 'References: <a@x> <b@x>'
	mail f 'Re: other' 6
}

threaded() {
	answered THREAD THREAD
}

@test "REFERENCES: trees of answers, then of subjects" {
	letters
	threaded <<-'EOT'
		REFERENCES UTF-8 ALL => (1 (4)(2 5))(3 6)
		references us-ascii (ALL) => (1 (4)(2 5))(3 6)
		REFERENCES "UTF-8" 3 => (3)
		REFERENCES UTF-8 DELETED =>
		REFERENCES UTF-8 2:5 => ...
	EOT
}

@test "ORDEREDSUBJECT: one level of answers, in order of date" {
	letters
	threaded <<-'EOT'
		ORDEREDSUBJECT UTF-8 ALL => (1 (4)(2)(5))(3 6)
		ORDEREDSUBJECT UTF-8 SUBJECT other => (3 6)
	EOT
}

@test "message-ids are the same however they are quoted" {
	mail '"a b"' 'one' 1
	mail c 'two' 2 'References: <"a\ b"@x>'
	threaded <<-'EOT'
		REFERENCES UTF-8 ALL => (1 2)
	EOT
}

@test "UID THREAD names UIDs; charset and algorithm are checked" {
	letters
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 3 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 3 EXPUNGE
		S: c OK...
		C: d UID THREAD REFERENCES UTF-8 ALL
		S: * THREAD (1 (4)(2 5))(6)
		S: d OK...
		C: e THREAD REFERENCES UTF-8 ALL
		S: * THREAD (1 (3)(2 4))(5)
		S: e OK...
		C: f THREAD REFERENCES X-NONE ALL
		S: f NO [BADCHARSET ...
		C: g THREAD NONSENSE UTF-8 ALL
		S: g BAD...
		C: h THREAD REFERENCES UTF-8
		S: h BAD...
		C: i THREAD REFERENCES ALL
		S: i BAD...
	EOT
}

@test "a chain of 300 answers" {
	local i

	mail 1 start 1
	for i in {2..300}; do
		mail "$i" "Re: start" 2 "References: <$((i - 1))@x>"
	done
	echo "REFERENCES UTF-8 ALL => ($(seq -s' ' 300))" | threaded
}
