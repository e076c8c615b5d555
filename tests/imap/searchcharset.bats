# SEARCH CHARSET (RFC 3501 6.4.4): what text is sent in, and what it finds.

load ../lib/bed
load ../lib/found

@test "UTF-8 and US-ASCII, quoted or not, in any case" {
	box
	found <<-'EOT'
		CHARSET UTF-8 ALL => 1 2 3 4 5 6
		CHARSET "utf-8" SUBJECT köln => 4
		charset us-ascii FROM ada => 1
		CHARSET US-ASCII (FROM ada) => 1
		CHARSET => BAD
		CHARSET UTF-8 => BAD
		CHARSET ALL => BAD
	EOT
}

@test "other charsets mean what they say" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C~ b SEARCH CHARSET ISO-8859-1 SUBJECT {7+}\r\n
		C~ h\xf6flich BODY "Gr\xfc\xdfe"\r\n
		S: * SEARCH 5
		S: b OK...
		C~ c SEARCH CHARSET KOI8-R NOT SUBJECT "\xc1\xc2"\r\n
		S: * SEARCH 1 2 3 4 5 6
		S: c OK...
		C~ d SEARCH CHARSET GB18030 BODY {2+}\r\n
		C~ \xd1\xa9\r\n
		S: * SEARCH 4
		S: d OK...
	EOT
}

@test "an unknown charset is NO, with the known ones (RFC 3501 7.1)" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b SEARCH CHARSET X-KLINGON SUBJECT {1+}
		C: x FROM y
		S: b NO [BADCHARSET (...UTF-8...)]...
		C: c UID SEARCH CHARSET "" ALL
		S: * SEARCH 1 2 3 4 5 6
		S: c OK...
		C: d SEARCH CHARSET X-KLINGON NONSENSE
		S: d BAD...
	EOT
}

@test "mail in any charset is found by UTF-8" {
	printf '%b' 'Subject: =?koi8-r?B?8NLJ18XU?=\nContent-Type: text/plain;
	charset=windows-1251\n\n\xcc\xee\xf1\xea\xe2\xe0\n' >"$BED_TMP/ru"
	printf '%b' 'Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\nContent-Type: text/plain;
	charset=iso-2022-jp\n\n\x1b$BEl5~\x1b(B\n' >"$BED_TMP/jp"
	printf '%b' 'Subject: =?utf-8?q?stra=C3?=\n =?utf-8?q?=9Fe?=\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n/v8ATQD8AGwAbABlAHI=\n' >"$BED_TMP/de"
	maildir_put "$BED_TMP/ru" "$BED_TMP/jp" "$BED_TMP/de"
	found <<-'EOT'
		SUBJECT привет => 1
		SUBJECT ПРИВЕТ => 1
		BODY москва => 1
		SUBJECT 日本 => 2
		BODY 東京 => 2
		SUBJECT straße => 3
		BODY MÜLLER => 3
	EOT
}
