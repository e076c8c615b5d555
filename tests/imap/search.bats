# SEARCH and UID SEARCH (RFC 3501 6.4.4, RFC 9051 6.4.4).

load ../lib/bed
load ../lib/found

@test "flags and keywords" {
	box
	found <<-'EOT'
		ALL => 1 2 3 4 5 6
		SEEN => 1
		UNSEEN => 2 3 4 5 6
		ANSWERED => 2
		unanswered => 1 3 4 5 6
		FLAGGED UNSEEN => 2
		UNFLAGGED SEEN => 1
		DELETED =>
		UNDELETED UNDRAFT => 1 2 3 4 5 6
		DRAFT =>
		KEYWORD $Nothing =>
		UNKEYWORD $Nothing => 1 2 3 4 5 6
		KEYWORD \Seen => BAD
	EOT
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 3 +FLAGS.SILENT ($Work $Forwarded)
		S* b OK...
		C: c SEARCH KEYWORD $work
		S: * SEARCH 3
		S: c OK...
		C: d SEARCH KEYWORD $Forwarded UNKEYWORD $Other
		S: * SEARCH 3
		S: d OK...
	EOT
}

@test "NEW, OLD and RECENT are what this session says" {
	maildir_put -f S one.eml
	maildir_put two.eml three.eml
	found <<-'EOT'
		RECENT => 2 3
		NEW => 2 3
		OLD => 1
		NOT RECENT => 1
		NOT NEW => 1
	EOT
	found <<-'EOT'
		RECENT =>
		NEW =>
		OLD => 1 2 3
	EOT
}

@test "sets of numbers and UIDs, ranges in any order, what does not exist" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 2 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 2 EXPUNGE
		S: c OK...
		C: d SEARCH 2:3
		S: * SEARCH 2 3
		S: d OK...
		C: e UID SEARCH 2:3
		S: * SEARCH 3 4
		S: e OK...
		C: f SEARCH UID 2:4
		S: * SEARCH 2 3
		S: f OK...
		C: g UID SEARCH UID 2:4 NOT 2
		S: * SEARCH 4
		S: g OK...
	EOT
	found <<-'EOT'
		*:* => 5
		*:4 => 4 5
		5:* => 5
		9:* => 5
		3,1:2,77 => 1 2 3
		UID *:* => 5
		UID 100:* => 5
		NOT 1:* =>
		0 => BAD
		1: => BAD
		4294967296 => BAD
	EOT
}

@test "an empty mailbox, and an empty result, answer all the same" {
	found <<-'EOT'
		ALL =>
		1:* =>
		UID *:* =>
		NOT ALL =>
		SUBJECT x =>
	EOT
}

@test "INTERNALDATE: BEFORE, ON, SINCE, with quotes or not, one digit or two" {
	maildir_put one.eml two.eml
	touch -d '2016-03-02 23:59:59' "$MAILDIR"/new/*.M1P1.bed
	touch -d '2016-03-12 00:00:00' "$MAILDIR"/new/*.M2P1.bed
	found <<-'EOT'
		BEFORE 12-Mar-2016 => 1
		BEFORE 13-Mar-2016 => 1 2
		ON 2-Mar-2016 => 1
		ON 02-mar-2016 => 1
		ON " 2-Mar-2016" => 1
		ON "2-MAR-2016" => 1
		ON 3-Mar-2016 =>
		SINCE 12-Mar-2016 => 2
		SINCE "3-Mar-2016" => 2
		(SINCE 2-Mar-2016) => 1 2
		NOT (SINCE 3-Mar-2016 BEFORE 1-Jan-2030) => 1
		SINCE 30-Feb-2016 => BAD
		SINCE 2016-03-12 => BAD
		SINCE 12-Mar => BAD
	EOT
}

@test "SENT dates are the sender's, whatever the zone" {
	box
	found <<-'EOT'
		SENTON 15-Mar-2016 => 3
		SENTON "7-Mar-2016" => 1
		SENTBEFORE 12-Mar-2016 => 1
		SENTSINCE 16-Mar-2016 => 4 5 6
		SENTSINCE 12-Mar-2016 SENTBEFORE 16-Mar-2016 => 2 3
		NOT SENTSINCE 12-Mar-2016 => 1
	EOT
}

@test "a message without a Date is sent on no day" {
	printf 'Subject: x\n\nbody\n' >"$BED_TMP/nodate"
	printf 'Subject: x\nDate: some day\n\nbody\n' >"$BED_TMP/baddate"
	maildir_put "$BED_TMP/nodate" "$BED_TMP/baddate" one.eml
	found <<-'EOT'
		SENTSINCE 1-Jan-1970 => 3
		SENTBEFORE 1-Jan-2100 => 3
		NOT SENTSINCE 1-Jan-1970 => 1 2
	EOT
}

@test "OLDER and YOUNGER (RFC 5032), to the second" {
	maildir_put one.eml two.eml three.eml
	touch -d '-10 minutes' "$MAILDIR"/new/*.M1P1.bed
	touch -d '-90 minutes' "$MAILDIR"/new/*.M2P1.bed
	touch -d '-3 days' "$MAILDIR"/new/*.M3P1.bed
	found <<-'EOT'
		YOUNGER 3600 => 1
		OLDER 3600 => 2 3
		OLDER 3600 YOUNGER 86400 => 2
		YOUNGER 1 =>
		OLDER 1 => 1 2 3
		UNSEEN YOUNGER 259260 => 1 2 3
		YOUNGER 0 => BAD
		OLDER -1 => BAD
	EOT
}

@test "LARGER and SMALLER count the octets of the wire, and exclude their number" {
	box
	found <<-'EOT'
		LARGER 220 => 2 3 4 5 6
		LARGER 219 SMALLER 221 => 1
		SMALLER 219 =>
		LARGER 0 => 1 2 3 4 5 6
		SMALLER 0 =>
		LARGER 9223372036854775807 =>
		LARGER 9223372036854775808 => BAD
	EOT
}

@test "fields: decoded, unfolded, in any case, as substrings" {
	box
	found <<-'EOT'
		FROM ada => 1
		FROM "ADA BROOK" => 1
		FROM example.org => 1 3 5
		FROM "o'neill" => 3
		FROM "jürgen groß" => 4
		FROM "JURGEN" =>
		FROM juergen => 4
		TO other@ => 2
		CC "group of two" => 2
		CC dan@example.org => 2
		BCC x =>
		SUBJECT "message, with a folded" => 2
		SUBJECT first SUBJECT message => 1
		SUBJECT "GRÜßE AUS KÖLN" => 4
		SUBJECT höflich => 5
	EOT
}

@test "HEADER: any field, an empty text asks whether it is there" {
	box
	found <<-'EOT'
		HEADER Subject second => 2
		HEADER message-id <three@example.org> => 3
		HEADER In-Reply-To "" => 2
		HEADER Cc "" => 2
		HEADER MIME-Version "" => 2 3 4 6
		HEADER Received "esmtp id 4711" => 2
		HEADER Received mail.example.net =>
		HEADER X-None "" =>
		NOT HEADER MIME-Version "1.0" => 1 5
		HEADER Content-Type png =>
		HEADER Subject => BAD
	EOT
}

@test "BODY is decoded, and sees no header; TEXT sees both" {
	box
	found <<-'EOT'
		BODY "Line 12" => 2
		BODY café => 3
		BODY "CAFÉ." => 3
		BODY "schöne grüße" => 4
		BODY grüße => 4 5
		BODY "grüße, in latin-1" => 5
		BODY 雪 => 4
		BODY "gardens open" => 6
		BODY subject =>
		BODY ada@example.org =>
		BODY iVBORw =>
		TEXT ada@example.org => 1
		TEXT esmtp => 2
		TEXT dot.png => 3
		TEXT "höflich" => 5
		TEXT quoted-printable => 3
		BODY "" => 1 2 3 4 5 6
		TEXT "" => 1 2 3 4 5 6
	EOT
}

@test "NOT, OR and parentheses, nested" {
	box
	found <<-'EOT'
		OR (FROM ada) (FROM ben) => 1 2
		NOT (OR (FROM ada) (FROM ben)) => 3 4 5 6
		OR FROM ada FROM ben => 1 2
		OR OR 1 2 3 => 1 2 3
		OR 1 OR 2 3 => 1 2 3
		NOT NOT SEEN => 1
		NOT (NOT (SEEN)) => 1
		(1:3 (UNSEEN (ANSWERED))) => 2
		((((ALL)))) => 1 2 3 4 5 6
		OR SEEN ANSWERED UNFLAGGED => 1
		NOT 1 NOT 2 NOT 3:4 => 5 6
		(ALL ) => BAD
		() => BAD
		(ALL => BAD
		ALL) => BAD
		NOT => BAD
		OR ALL => BAD
		OR (ALL ALL) => BAD
		1 => 1
		"ALL" => BAD
		SEENX => BAD
		SUBJECT => BAD
	EOT
}

@test "64 levels are searched, more are refused, and the session goes on" {
	local deep

	maildir_put one.eml
	deep=$(printf '(%.0s' {1..64})ALL$(printf ')%.0s' {1..64})
	printf '%s => 1\nNOT %s => BAD\n(%s) => BAD\nALL => 1\n' \
		"$deep" "$deep" "$deep" | found
	printf '%s ALL => 1\n' "$(printf 'NOT %.0s' {1..64})" | found
	printf '%s => BAD\nALL => 1\n' \
		"$(printf 'NOT %.0s' {1..100}) ALL" | found
	printf '%s => BAD\nALL => 1\n' "$(printf '(%.0s' {1..9000})" | found
}

@test "a search of thousands of ids" {
	local query='' i

	maildir_put one.eml two.eml
	for i in {1..3000}; do
		query+="OR HEADER Message-ID <$i@x> "
	done
	# Each OR stands beside the one before, not in it.
	query=$(printf 'NOT HEADER Message-ID <%d@x> ' {1..3000})
	printf '%s => 1 2\n' "$query ALL" | found
	printf '%s => BAD\n' "$(printf 'ALL %.0s' {1..21000})" | found
}

@test "text as a literal, waiting or not" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH CHARSET UTF-8 SUBJECT {5+}
		C: first UNDELETED
		S: * SEARCH 1
		S: b OK...
		C: c SEARCH SUBJECT {5}
		S: + ...
		C: first (FROM {4}
		S: + ...
		C: ben@)
		S: * SEARCH
		S: c OK...
		C: d SEARCH TEXT {0+}
		C:
		S: * SEARCH 1 2 3 4 5 6
		S: d OK...
	EOT
}

@test "the answer is the same with the index as without" {
	local table

	box
	table='FROM ada => 1
		SUBJECT köln => 4
		BODY grüße => 4 5
		TEXT esmtp => 2
		SENTON 15-Mar-2016 => 3
		HEADER message-id "<one" => 1'
	found <<<"$table"
	found <<<"$table"
	rm -rf "$BED_HOME/.cache"
	found <<<"$table"
}

@test "a message longer than what the index keeps is searched whole" {
	{
		printf 'Subject: long\nDate: Mon, 7 Mar 2016 09:15:02 +0100\n\n'
		seq -f 'line %.0f of very many' 1 30000
		echo 'needle at the end'
	} >"$BED_TMP/long"
	maildir_put one.eml "$BED_TMP/long"
	found <<-'EOT'
		BODY "needle at the end" => 2
		TEXT "line 29999 of" => 2
		BODY "line 30001" =>
		BODY "many line 20000" =>
		TEXT "Subject: long" => 2
		BODY "Subject: long" =>
	EOT
}

@test "a message that vanishes is found no more, and numbers stay" {
	maildir_put -f - one.eml two.eml three.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M2P1.bed*
		C: b SEARCH BODY line
		S: * SEARCH 1
		S: b OK...
		C: c SEARCH FROM carol
		S: * SEARCH 3
		S: c OK...
		C: d UID SEARCH ALL
		S: * SEARCH 1 3
		S: * 2 EXPUNGE
		S: d OK...
		C: e SEARCH ALL
		S: * SEARCH 1 2
		S: e OK...
	EOT
}

@test "SEARCH works under EXAMINE, and not before a mailbox is selected" {
	box
	login_imap <<-'EOT'
		C: a SEARCH ALL
		S: a BAD...
		C: b EXAMINE INBOX
		S* b OK...
		C: c SEARCH BODY line
		S: * SEARCH 1 2
		S: c OK...
		C: d FETCH 2 FLAGS
		S: * 2 FETCH (FLAGS (\Answered \Flagged))
		S: d OK...
	EOT
}

@test "texts do not fill the cache: what else there is stays in it" {
	local i

	{
		printf 'Subject: large\n\n'
		seq -f 'line %.0f of a text that is long enough' 1 4000
	} >"$BED_TMP/large"
	for i in {1..80}; do
		cp "$BED_TMP/large" "$MAILDIR/cur/1700000001.M${i}P1.bed:2,"
	done
	bed_own "$MAILDIR"/cur/*
	for i in 1 2; do
		login_imap --cache-max=4M <<-'EOT'
			C: a SELECT INBOX
			S* a OK...
			C: b SEARCH RETURN (COUNT) BODY "line 3999 of" SUBJECT large
			S: * ESEARCH (TAG "b") COUNT 80
			S: b OK...
			C: c SEARCH RETURN (COUNT) BODY "line 4001 of"
			S: * ESEARCH (TAG "c") COUNT 0
			S: c OK...
		EOT
	done
	(($(du -sk "$BED_HOME/.cache/stdmail" | cut -f1) <= 4400))
	! grep -rE 'cache(:| failed)' "$BED_TMP"/*.log || false
}
