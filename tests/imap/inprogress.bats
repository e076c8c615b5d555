# INPROGRESS (RFC 9585): a long command tells how far it is.

load ../lib/bed

@test "a search that takes seconds says so, and how many of how many" {
	local i query

	# What costs time: 9,000 looks at 100 fields that are not kept.
	for i in {1..100}; do
		echo "X-Line: number $i of a header that is long"
	done >"$BED_TMP/mail"
	printf '\nbody\n' >>"$BED_TMP/mail"
	for i in {1..60}; do
		cp "$BED_TMP/mail" "$MAILDIR/cur/1700000001.M${i}P1.bed:2,"
	done
	bed_own "$MAILDIR"/cur/*
	query=$(printf 'NOT HEADER X-Line %d ' {1000..9999})
	DEADLINE=60 login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: slow SEARCH $query
		S: * OK [INPROGRESS ("slow" \${done} 60)] ...
		S* * SEARCH 1 2 ... 59 60
		S: slow OK...
	EOT
}
