# --explain: what the one who switches over wants to know beforehand.

load ../lib/bed

explain() {
	as_user "$BED_BIN/pop3d" --explain
}

inventory() {
	find "$BED_HOME" -printf '%p %T@ %s\n' | sort
}

@test "a plain Maildir: nothing is kept, and nothing is changed" {
	local before

	maildir_put one.eml
	maildir_put -f S two.eml
	before=$(inventory)
	run -0 explain
	[[ $output == *"new/: 1 messages"*"cur/: 1 messages"* ]]
	[[ $output == *"ledger: none"*"UIDLs: %08Xu%08Xv"* ]]
	[[ $(inventory) == "$before" ]]
}

@test "a Dovecot Maildir: UIDs and UIDLs that will be kept" {
	maildir_put one.eml two.eml
	printf '%s\n' '3 V255 N9 G00000000000000000000000000000001 P%v.%u' \
		'1 :1700000001.M1P1.bed' '2 Pown :1700000002.M2P1.bed' \
		>"$MAILDIR/dovecot-uidlist"
	bed_own "$MAILDIR/dovecot-uidlist"
	run -0 explain
	[[ $output == *"ledger: dovecot-uidlist"* ]]
	[[ $output == *"UIDVALIDITY 255, UIDNEXT 9, 2 UIDs"* ]]
	[[ $output == *"UIDLs: %v.%u (from the ledger)"* ]]
	[[ $output == *"UIDLs of their own: 1 messages"* ]]
}

@test "a Courier Maildir: the ledger that will be carried over" {
	maildir_put one.eml
	printf '1 275660208 6\n5 1700000001.M1P1.bed\n' \
		>"$MAILDIR/courierimapuiddb"
	bed_own "$MAILDIR/courierimapuiddb"
	run -0 explain
	[[ $output == *"ledger: courierimapuiddb, which will be carried over"* ]]
	[[ $output == *"UIDVALIDITY 275660208, UIDNEXT 6, 1 UIDs"* ]]
}

@test "no Maildir at all" {
	rm -rf "$MAILDIR"
	run -0 explain
	[[ $output == *"(will be made)"* && ! -e $MAILDIR ]]
}
