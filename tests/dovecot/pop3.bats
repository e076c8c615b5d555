# POP3's unique ids are what a client knows its mail by: Dovecot's are ours.
# Connection 9 is Dovecot.

load ../lib/bed
load ../lib/dovecot

setup() {
	bed_setup
	maildir_put one.eml two.eml three.eml
	dovecot_start
}

@test "UIDL is the same before, beside and after Dovecot" {
	beside_dovecot_pop3 login_pop3 <<-'EOT'
		C9: UIDL
		S9: +OK...
		S9: 1 ${one}
		S9: 2 ${two}
		S9: 3 ${three}
		S9: .
		C9: QUIT
		S9: +OK...
		C: UIDL
		S: +OK...
		S: 1 ${one}
		S: 2 ${two}
		S: 3 ${three}
		S: .
		C: DELE 2
		S: +OK...
		C: QUIT
		S: +OK...
	EOT
	maildir_put utf8.eml
	beside_dovecot_pop3 login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 ${one}
		S: 2 ${three}
		S: 3 ${four}
		S: .
		C: QUIT
		S: +OK...
		C9: UIDL
		S9: +OK...
		S9: 1 ${one}
		S9: 2 ${three}
		S9: 3 ${four}
		S9: .
	EOT
}

@test "unique ids that an older server gave are kept from the uidlist" {
	local new=$MAILDIR/new

	cat >"$MAILDIR/dovecot-uidlist" <<-EOT
		3 V1500000000 N8 G0123456789abcdef0123456789abcdef
		5 Pold-id-of-one :1700000001.M1P1.bed
		6 :1700000002.M2P1.bed
		7 P<7@old> :1700000003.M3P1.bed
	EOT
	bed_own "$MAILDIR/dovecot-uidlist"
	[[ -e $new/1700000001.M1P1.bed ]]
	beside_dovecot_pop3 login_pop3 <<-'EOT'
		C: UIDL
		S: +OK...
		S: 1 old-id-of-one
		S: 2 ${two}
		S: 3 <7@old>
		S: .
		C: QUIT
		S: +OK...
		C9: UIDL
		S9: +OK...
		S9: 1 old-id-of-one
		S9: 2 ${two}
		S9: 3 <7@old>
		S9: .
	EOT
}
