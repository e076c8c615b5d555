# ENVELOPE and BODYSTRUCTURE (RFC 3501 7.4.2) of what other servers got wrong:
# values with quotes, empty lists, multiparts without parts, reports, groups.

load ../lib/bed

# message <file: what answers is asked of.
message() {
	cat >"$BED_TMP/one.eml"
	maildir_put -f S "$BED_TMP/one.eml"
}

# answers ITEM VALUE
answers() {
	login_imap <<-EOT
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1 $1
		S: * 1 FETCH ($1 $2)
		S: b OK...
	EOT
}

@test "quotes and backslashes are escaped, encoded words stay, folds go" {
	message <<-'EOT'
		From: "a \"q\" b" <x@example.org>
		Subject: =?utf-8?q?caf=C3=A9?=
		 folded
		Content-Type: text/plain; charset=us-ascii
		Content-Description: """

		hello
	EOT
	answers ENVELOPE '(NIL "=?utf-8?q?caf=C3=A9?= folded" (("a \"q\" b" NIL "x" "example.org")) (("a \"q\" b" NIL "x" "example.org")) (("a \"q\" b" NIL "x" "example.org")) NIL NIL NIL NIL NIL)'
	answers BODYSTRUCTURE '("text" "plain" ("charset" "us-ascii") NIL "\"\"\"" "7bit" 7 1 NIL NIL NIL NIL)'
}

@test "an empty address list is NIL; a group has its marks" {
	message <<-'EOT'
		From: x@example.org
		Sender:
		To: friends: ann@example.org, Bob <bob@example.org>;, none:;
		Cc:

		hello
	EOT
	answers ENVELOPE '(NIL NIL ((NIL NIL "x" "example.org")) ((NIL NIL "x" "example.org")) ((NIL NIL "x" "example.org")) ((NIL NIL "friends" NIL)(NIL NIL "ann" "example.org")("Bob" NIL "bob" "example.org")(NIL NIL NIL NIL)(NIL NIL "none" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)'
}

@test "a multipart without parts has one that is empty" {
	message <<-'EOT'
		Content-Type: multipart/related

		no boundary here
	EOT
	answers BODYSTRUCTURE '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "related" NIL NIL NIL NIL)'
}

@test "a report: delivery-status is no text, message/rfc822 has all its fields" {
	message <<-'EOT'
		Content-Type: multipart/report; report-type=delivery-status; boundary=zz

		--zz
		Content-Type: text/plain

		it failed
		--zz
		Content-Type: message/delivery-status
		Content-Disposition: attachment; filename=

		Reporting-MTA: dns; example.org

		--zz
		Content-Type: message/rfc822

		Subject: inner

		body
		--zz--
	EOT
	answers BODYSTRUCTURE '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 9 1 NIL NIL NIL NIL)("message" "delivery-status" NIL NIL NIL "7bit" 33 NIL ("attachment" ("filename" "")) NIL NIL)("message" "rfc822" NIL NIL NIL "7bit" 22 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) "report" ("report-type" "delivery-status" "boundary" "zz") NIL NIL NIL)'
}

@test "8-bit octets come as a literal, a parameter without value is left out" {
	printf 'Subject: 8bit \xe4 "q"\nContent-Type: text/plain; charset\n\nx\n' |
		message
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b FETCH 1 (ENVELOPE BODYSTRUCTURE)
		S: * 1 FETCH (ENVELOPE (NIL {10}
		S: 8bit... "q" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL))
		S: b OK...
	EOT
}
