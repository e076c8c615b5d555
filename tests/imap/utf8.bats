# UTF8=ACCEPT (RFC 9755): UTF-8 in quoted strings, mailbox names and messages.

load ../lib/bed

@test "3: names are UTF-8 after ENABLE, modified UTF-7 before" {
	maildir_make '.Entw&APw-rfe'
	login_imap <<-'EOT'
		C: a LIST "" *
		S+ * LIST (\HasNoChildren) "/" Entw&APw-rfe
		S+ * LIST (\HasNoChildren) "/" INBOX
		S: a OK...
		C: b ENABLE UTF8=ACCEPT
		S: * ENABLED UTF8=ACCEPT
		S: b OK...
		C: c LIST "" *
		S+ * LIST (\HasNoChildren) "/" "Entwürfe"
		S+ * LIST (\HasNoChildren) "/" INBOX
		S: c OK...
		C: d STATUS "Entwürfe" (MESSAGES)
		S: * STATUS "Entwürfe" (MESSAGES 0)
		S: d OK...
		C: e SELECT "Entw&APw-rfe"
		S: e NO [NONEXISTENT]...
		C: f CREATE "Ключ & Co/日本"
		S: f OK...
		C: g LIST "" "Ключ%"
		S: * LIST (\...HasChildren) "/" "Ключ & Co"
		S: g OK...
		C: h CREATE {6+}
		C: Größe
		S: h BAD...
	EOT
	[ -d "$MAILDIR/.&BBoEOwROBEc- &- Co.&ZeVnLA-" ]
}

@test "3: octets that are no UTF-8 between quotes are BAD" {
	login_imap <<-'EOT'
		C: a ENABLE UTF8=ACCEPT
		S* a OK...
		C~ b STATUS "\xff" (MESSAGES)\r\n
		S: b BAD Not UTF-8
		C~ c CREATE "\xc0\xaf"\r\n
		S: c BAD Not UTF-8
		C~ d CREATE "\xed\xa0\x80"\r\n
		S: d BAD Not UTF-8
	EOT
}

@test "3: no control characters in names, of neither kind" {
	login_imap <<-'EOT'
		C: a ENABLE UTF8=ACCEPT
		S* a OK...
		C~ b CREATE "a\xc2\x85b"\r\n
		S: b NO...
		C~ c CREATE "a\xe2\x80\xa8b"\r\n
		S: c NO...
		C~ d CREATE "a\x7fb"\r\n
		S: d NO...
	EOT
}

@test "3: SEARCH with CHARSET is BAD then, and finds UTF-8 without" {
	maildir_put -f S utf8.eml one.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH CHARSET UTF-8 ALL
		S: * SEARCH 1 2
		S: b OK...
		C: c ENABLE UTF8=ACCEPT
		S* c OK...
		C: d SEARCH CHARSET UTF-8 ALL
		S: d BAD...
		C: d2 UID SEARCH RETURN (COUNT) CHARSET UTF-8 ALL
		S: d2 BAD...
		C: d3 ESEARCH IN (selected) CHARSET UTF-8 ALL
		S: d3 BAD...
		C: e SEARCH ALL
		S: * SEARCH 1 2
		S: e OK...
		C: f SEARCH TEXT "äöü-nowhere"
		S: * SEARCH
		S: f OK...
	EOT
}

@test "4: APPEND takes 8-bit headers, as literal, as literal8, and as UTF8 (~{n}" {
	login_imap <<-'EOT'
		C: a ENABLE UTF8=ACCEPT
		S* a OK...
		C~ b APPEND INBOX {24+}\r\nSubject: grün\r\n\r\nText\r\n\r\n
		S: b OK [APPENDUID ...
		C~ c APPEND INBOX ~{24+}\r\nSubject: grün\r\n\r\nText\r\n\r\n
		S: c OK [APPENDUID ...
		C~ d APPEND INBOX (\\Seen) UTF8 (~{24+}\r\nSubject: grün\r\n\r\nText\r\n)\r\n
		S: d OK [APPENDUID ...
		C: e APPEND INBOX (\Seen) UTF8 (~{24}
		S: + ...
		C~ Subject: grün\r\n\r\nText\r\n)\r\n
		S: e OK [APPENDUID ...
		C~ f APPEND INBOX UTF8 (~{24+}\r\nSubject: grün\r\n\r\nText\r\n\r\n
		S: f BAD...
		C: g SELECT INBOX
		S* * 4 EXISTS
		S* g OK...
		C: h FETCH 1:4 (RFC822.SIZE)
		S: * 1 FETCH (RFC822.SIZE 24)
		S: * 2 FETCH (RFC822.SIZE 24)
		S: * 3 FETCH (RFC822.SIZE 24)
		S: * 4 FETCH (RFC822.SIZE 24)
		S: h OK...
	EOT
}

@test "4: who has enabled nothing may copy such mail to here, octet for octet" {
	login_imap <<-'EOT'
		C~ a APPEND INBOX {24+}\r\nSubject: grün\r\n\r\nText\r\n\r\n
		S: a OK [APPENDUID ...
		C~ b APPEND INBOX {23+}\r\nSubject: gr\xfcn\r\n\r\nText\r\n\r\n
		S: b OK [APPENDUID ...
		C: c SELECT INBOX
		S* c OK...
		C: d FETCH 1:2 BODY.PEEK[]
		S~ * 1 FETCH (BODY[] {24}\r\nSubject: grün\r\n\r\nText\r\n)\r\n
		S~ * 2 FETCH (BODY[] {23}\r\nSubject: gr\xfcn\r\n\r\nText\r\n)\r\n
		S: d OK...
	EOT
}

@test "without ENABLE no quoted string has octets above ASCII" {
	maildir_put -f S utf8.eml 8bit.eml
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b FETCH 1:2 (ENVELOPE BODYSTRUCTURE)
		S* b OK...
	EOT
}
