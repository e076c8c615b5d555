# INPROGRESS (RFC 9585): a long command tells how far it is.

load ../lib/bed

# What costs time: 9,000 looks at 100 fields that are not kept, sixty times.
# The query is in $query.
slow() {
	local i

	for i in {1..100}; do
		echo "X-Line: number $i of a header that is long"
	done >"$BED_TMP/mail"
	printf '\nbody\n' >>"$BED_TMP/mail"
	for i in {1..60}; do
		cp "$BED_TMP/mail" "$MAILDIR/cur/1700000001.M${i}P1.bed:2,"
	done
	bed_own "$MAILDIR"/cur/*
	query=$(printf 'NOT HEADER X-Line %d ' {1000..9999})
}

@test "4: a search that takes seconds says so, and how many of how many" {
	slow
	DEADLINE=60 login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: slow SEARCH $query
		S: * OK [INPROGRESS ("slow" \${done} 60)] ...
		S* * SEARCH 1 2 ... 59 60
		S: slow OK...
	EOT
}

@test "4: SORT tells it, too; a tag with a ] in it is not said" {
	slow
	DEADLINE=60 login_imap <<-EOT
		C: a SELECT INBOX
		S* a OK...
		C: slow] SORT (ARRIVAL) UTF-8 $query
		S: * OK [INPROGRESS (NIL \${done} 60)] ...
		S* * SORT 1 2 ... 59 60
		S: slow] OK...
	EOT
}

@test "4: of several mailboxes it is not known how far the search is" {
	slow
	maildir_make .Old
	mv "$MAILDIR"/cur/*.M[1-3]* "$MAILDIR/.Old/cur/"
	DEADLINE=60 login_imap <<-EOT
		C: a ESEARCH IN (personal) RETURN (COUNT) $query
		S: * OK [INPROGRESS ("a" NIL NIL)] ...
		S* * ESEARCH (TAG "a" MAILBOX INBOX ...) UID COUNT 27
		S* a OK...
	EOT
}
