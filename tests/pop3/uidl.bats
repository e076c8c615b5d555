# UIDL: one name for a message for ever, and the names of the server before.

load ../lib/bed

# ledger LINE...: a dovecot-uidlist.
ledger() {
	printf '%s\n' "$@" >"$MAILDIR/dovecot-uidlist"
	bed_own "$MAILDIR/dovecot-uidlist"
}

# names ID...: UIDL gives these, in this order.
names() {
	local id i=0

	{
		echo 'C: UIDL'
		echo 'S: +OK...'
		for id; do
			echo "S: $((i += 1)) $id"
		done
		echo 'S: .'
		i=0
		for id; do
			echo "C: UIDL $((i += 1))"
			echo "S: +OK $i $id"
		done
		echo 'C: QUIT'
		echo 'S: +OK...'
	} >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
}

B1=1700000001.M1P1.bed
B2=1700000002.M2P1.bed
B3=1700000003.M3P1.bed

@test "UID and UIDVALIDITY in hex, as Dovecot's default" {
	maildir_put one.eml two.eml
	ledger '3 V1275660208 N27 G00000000000000000000000000000001' \
		"10 :$B1" "26 :$B2"
	names 0000000a4c0907b0 0000001a4c0907b0
}

@test "it stays over renames, new to cur, flags, and another session" {
	maildir_put one.eml two.eml
	login_pop3 <<-EOT
		C: UIDL
		S: +OK...
		S: 1 \${first}
		S: 2 \${second}
		S: .
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
		RUN mv "\$MAILDIR/new/$B2" "\$MAILDIR/cur/$B2:2,"
		C2: UIDL 1
		S2: +OK 1 \${second}
		C2: QUIT
		S2: +OK...
		RUN mv "\$MAILDIR/cur/$B2:2," "\$MAILDIR/cur/$B2:2,RS"
		RUN rm -rf "\$BED_HOME/.cache"
		C3: UIDL 1
		S3: +OK 1 \${second}
	EOT
}

@test "a message that IMAP copies keeps its name, the copy has another" {
	maildir_put one.eml
	rm -f "$BED_TMP"/raw/*
	login_pop3 <<-'EOT'
		C: UIDL 1
		S: +OK 1 ${first}
		C: QUIT
		S: +OK...
		RUN login_imap <<<$'C: a SELECT INBOX\nS* a OK...\nC: b COPY 1 INBOX\nS* b OK...'
		C2: UIDL 1
		S2: +OK 1 ${first}
		C2: UIDL 2
		S2: +OK 2 ${second}
	EOT
	[[ $(grep -ho '^+OK [12] .*' "$BED_TMP"/raw/* | cut -d' ' -f3 |
		sort -u | wc -l) == 2 ]]
}

@test "the name of a removed message is never given again" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: UIDL 1
		S: +OK 1 00000001${validity}
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
		RUN maildir_put two.eml
		C2: UIDL 1
		S2: +OK 1 00000002${validity}
	EOT
}

@test "the ledger's own names: Courier's, any, and the empty one" {
	maildir_put one.eml two.eml three.eml
	ledger '3 V275660208 N9 G00000000000000000000000000000001' \
		"1 PUID7-1100000000 :$B1" "2 P :$B2" "3 :$B3"
	names UID7-1100000000 "$B2" 00000003106e3db0
}

@test "the ledger's form for all: UW's, Cyrus's, Courier's, qmail's" {
	maildir_put one.eml two.eml
	ledger '3 V255 N9 G00000000000000000000000000000001 P%08Xv%08Xu' \
		"1 :$B1" "2 :$B2"
	names 000000ff00000001 000000ff00000002
	ledger '3 V255 N9 G00000000000000000000000000000001 P%v.%u' \
		"1 :$B1" "2 :$B2"
	names 255.1 255.2
	ledger '3 V255 N9 G00000000000000000000000000000001 PUID%u-%v' \
		"1 :$B1" "2 :$B2"
	names UID1-255 UID2-255
	ledger '3 V255 N9 G00000000000000000000000000000001 P%f' \
		"1 :$B1" "2 :$B2"
	names "$B1" "$B2"
}

@test "two of a name are told apart, names that are none are not told" {
	local long
	maildir_put one.eml two.eml three.eml
	long=$(printf '%071d' 0)
	ledger '3 V255 N9 G00000000000000000000000000000001' \
		"1 Pdouble :$B1" "2 Pdouble :$B2" "3 P$long :$B3"
	names double double-2 00000003000000ff
}

@test "the ledger's order: lower first, messages without one last" {
	maildir_put one.eml two.eml three.eml
	ledger '3 V255 N9 G00000000000000000000000000000001' \
		"1 :$B1" "2 O20 Psecond :$B2" "3 O10 :$B3"
	names 00000003000000ff second 00000001000000ff
	login_pop3 <<-'EOT'
		C: LIST
		S: +OK...
		S: 1 724
		S: 2 667
		S: 3 220
		S: .
		C: DELE 1
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	[[ ! -e $MAILDIR/new/$B3 && -e $MAILDIR/new/$B1 ]]
}

@test "Courier's size list is taken over: no message is fetched again" {
	maildir_put one.eml two.eml
	printf '1 275660208 8\n5 %s\n6 %s\n' "$B1" "$B2" \
		>"$MAILDIR/courierimapuiddb"
	printf '/3 9 1100000000\n%s 220 7:1100000000\n%s 667 8:1100000000\n' \
		"$B1" "$B2" >"$MAILDIR/courierpop3dsizelist"
	bed_own "$MAILDIR"/courier*
	names UID7-1100000000 UID8-1100000000
	grep -q '^3 V275660208 ' "$MAILDIR/dovecot-uidlist"
	grep -qE "^5 .*:$B1" "$MAILDIR/dovecot-uidlist"
}
