# SORT (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267).

load ../lib/bed
load ../lib/found

# mail FROM SUBJECT DATE [FIELD...]: one more message.
mail() {
	{
		[[ -z $1 ]] || echo "From: $1"
		[[ -z $2 ]] || echo "Subject: $2"
		[[ -z $3 ]] || echo "Date: $3"
		shift 3
		((!$#)) || printf '%s\n' "$@"
		printf '\nbody\n'
	} >"$BED_TMP/mail"
	maildir_put -f - "$BED_TMP/mail"
}

letters() {
	mail '"Zoe" <alice@example.org>' 'Re: plums' \
		'Tue, 2 Feb 2016 12:00:00 +0000' 'To: zed@example.org' \
		'Cc: c@example.org'
	mail 'Bob <Bob@example.org>' 'Apples' \
		'Mon, 1 Feb 2016 23:30:00 -0500' 'To: Ann <a@example.org>'
	mail 'carol@example.org' 'Fwd: [list] plums (fwd)' \
		'Tue, 2 Feb 2016 05:30:00 +0100' 'Cc: Able <a@example.org>'
	mail '' '' '' 'Bcc: x'
	mail '=?utf-8?q?=C3=81da?= <dora@example.org>' 'PLUMS' \
		'Tue, 2 Feb 2016 12:00:00 +0000'
}

sorted() {
	answered SORT SORT
}

@test "DATE is the sent date in UTC; without one INTERNALDATE (2.2)" {
	letters
	sorted <<-'EOT'
		(DATE) UTF-8 ALL => 2 3 1 5 4
		(REVERSE DATE) UTF-8 ALL => 4 1 5 2 3
	EOT
}

@test "SUBJECT compares the base subject, in any case (2.1)" {
	letters
	sorted <<-'EOT'
		(SUBJECT) UTF-8 ALL => 4 2 1 3 5
		(REVERSE SUBJECT) UTF-8 ALL => 1 3 5 2 4
		(SUBJECT DATE) US-ASCII ALL => 4 2 3 1 5
		(SUBJECT REVERSE DATE) "utf-8" ALL => 4 2 1 5 3
	EOT
}

@test "FROM, TO and CC compare the first mailbox, ARRIVAL and SIZE" {
	letters
	touch -d '2001-01-01' "$MAILDIR"/cur/*.M3P1.bed*
	sorted <<-'EOT'
		(FROM) UTF-8 ALL => 4 1 2 3 5
		(TO) UTF-8 ALL => 3 4 5 2 1
		(CC) UTF-8 ALL => 2 4 5 3 1
		(ARRIVAL) UTF-8 ALL => 3 1 2 4 5
		(REVERSE ARRIVAL) UTF-8 1:3 => 2 1 3
		(SIZE) UTF-8 ALL => 4 5 2 3 1
	EOT
}

@test "DISPLAYFROM and DISPLAYTO compare names, or else addresses (RFC 5957 3)" {
	letters
	sorted <<-'EOT'
		(DISPLAYFROM) UTF-8 ALL => 4 5 2 3 1
		(DISPLAYTO) UTF-8 ALL => 3 4 5 2 1
		(REVERSE DISPLAYFROM) UTF-8 ALL => 1 3 2 5 4
	EOT
}

@test "only what is found is sorted; an empty result answers" {
	letters
	sorted <<-'EOT'
		(SUBJECT) UTF-8 SUBJECT plums => 1 3 5
		(SUBJECT) US-ASCII TEXT "not in mailbox" =>
		(DATE) UTF-8 NOT 1:* =>
		(DATE) ISO-8859-1 1:2 => 2 1
		(DATE) X-NONE ALL => NO
	EOT
}

@test "what is no SORT is BAD" {
	letters
	sorted <<-'EOT'
		DATE UTF-8 ALL => BAD
		() UTF-8 ALL => BAD
		(DATE) ALL => BAD
		(DATES) UTF-8 ALL => BAD
		(REVERSE) UTF-8 ALL => BAD
		(REVERSE REVERSE DATE) UTF-8 ALL => BAD
		(DATE) UTF-8 => BAD
	EOT
}

@test "UID SORT names UIDs" {
	letters
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 1 EXPUNGE
		S: c OK...
		C: d UID SORT (DATE) UTF-8 ALL
		S: * SORT 2 3 5 4
		S: d OK...
		C: e SORT (DATE) UTF-8 UID 2:5
		S: * SORT 1 2 4 3
		S: e OK...
	EOT
}

@test "ESORT: parts of the sorted result (RFC 5267 3.1)" {
	letters
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SORT RETURN (MIN MAX COUNT ALL) (DATE) UTF-8 ALL
		S: * ESEARCH (TAG "b") MIN 2 MAX 4 ALL 2:3,1,5,4 COUNT 5
		S: b OK...
		C: c UID SORT RETURN () (REVERSE DATE) UTF-8 ALL
		S: * ESEARCH (TAG "c") UID ALL 4,1,5,2:3
		S: c OK...
		C: d SORT RETURN (COUNT) (DATE) UTF-8 DELETED
		S: * ESEARCH (TAG "d") COUNT 0
		S: d OK...
		C: e SORT RETURN (PARTIAL 2:3) (DATE) UTF-8 ALL
		S: * ESEARCH (TAG "e") PARTIAL (2:3 3,1)
		S: e OK...
		C: f SORT RETURN (ALL) (DATE) UTF-8 MODSEQ 1 1:2
		S: * OK [HIGHESTMODSEQ ...
		S: * ESEARCH (TAG "f") ALL 2,1 MODSEQ ...
		S: f OK...
	EOT
}

@test "200 messages in random order come out as sort(1) has them" {
	local i want n

	for i in {1..200}; do
		n=$(((i * 7919) % 211))
		printf 'Subject: %s\nDate: Tue, %d Feb 2016 12:00:00 +0000\n\nx\n' \
			"common beginning $((n % 20))" $((n % 28 + 1)) \
			>"$BED_TMP/mail"
		maildir_put -f - "$BED_TMP/mail"
		echo "$((n % 28 + 1)) common-beginning-$((n % 20)) $i"
	done >"$BED_TMP/list"
	want=$(LC_ALL=C sort -k2,2 -k1,1nr -k3,3n "$BED_TMP/list" |
		cut -d' ' -f3 | paste -sd' ')
	echo "(SUBJECT REVERSE DATE) UTF-8 ALL => $want" | sorted
	want=$(LC_ALL=C sort -k1,1n -k2,2r -k3,3n "$BED_TMP/list" |
		cut -d' ' -f3 | paste -sd' ')
	echo "(DATE REVERSE SUBJECT) UTF-8 ALL => $want" | sorted
}

@test "RFC 5957 3: an empty name is none; what is decoded to nothing too; groups" {
	mail '"" <m@example.org>' a 'Tue, 2 Feb 2016 12:00:00 +0000'
	mail '=?utf-8?q??= <l@example.org>' b 'Tue, 2 Feb 2016 12:00:00 +0000'
	mail 'Zed <a@example.org>, Abe <b@example.org>' c \
		'Tue, 2 Feb 2016 12:00:00 +0000'
	mail '=?utf-8?b?S8O2bG4=?= <z@example.org>' d \
		'Tue, 2 Feb 2016 12:00:00 +0000'
	mail 'KÖLM <z@example.org>' e 'Tue, 2 Feb 2016 12:00:00 +0000'
	sorted <<-'EOT'
		(DISPLAYFROM) UTF-8 ALL => 5 4 2 1 3
	EOT
}

@test "RFC 5957 3: equals go on to the next criterion, then by number" {
	mail 'Ann <z@example.org>' b 'Tue, 2 Feb 2016 12:00:00 +0000'
	mail 'ann <a@example.org>' a 'Tue, 2 Feb 2016 12:00:00 +0000'
	mail 'ANN <m@example.org>' b 'Tue, 2 Feb 2016 12:00:00 +0000'
	sorted <<-'EOT'
		(DISPLAYFROM) UTF-8 ALL => 1 2 3
		(DISPLAYFROM SUBJECT) UTF-8 ALL => 2 1 3
		(DISPLAYFROM REVERSE SUBJECT) UTF-8 ALL => 1 3 2
	EOT
}
