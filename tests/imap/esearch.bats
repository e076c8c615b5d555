# ESEARCH (RFC 4731), PARTIAL in SEARCH (RFC 9394 3.1).

load ../lib/bed
load ../lib/found

extended() {
	local line

	# The tag is always q.
	while read -r line; do
		case $line in
		*'=> BAD' | *'=> NO') echo "$line" ;;
		*) echo "${line%%=>*}=> (TAG \"q\")${line##*=>}" ;;
		esac
	done | answered SEARCH ESEARCH
}

@test "MIN, MAX, ALL and COUNT (RFC 4731 3.1)" {
	box
	extended <<-'EOT'
		RETURN (MIN) UNSEEN => MIN 2
		RETURN (MAX) UNSEEN => MAX 6
		RETURN (MIN MAX) 3:4 => MIN 3 MAX 4
		RETURN (ALL) OR 1:3 5 => ALL 1:3,5
		RETURN (COUNT) UNSEEN => COUNT 5
		RETURN (COUNT MAX MIN ALL) ALL => MIN 1 MAX 6 ALL 1:6 COUNT 6
		return (count) charset utf-8 subject köln => COUNT 1
	EOT
}

@test "RETURN () is RETURN (ALL)" {
	box
	extended <<-'EOT'
		RETURN () 2:3 => ALL 2:3
	EOT
}

@test "without a result there is no MIN, MAX or ALL, but a COUNT" {
	box
	extended <<-'EOT'
		RETURN (MIN MAX ALL) DELETED =>
		RETURN (MIN MAX ALL COUNT) DELETED => COUNT 0
		RETURN () DELETED =>
	EOT
}

@test "UID SEARCH says UID, and names UIDs" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1:2 +FLAGS.SILENT (\Deleted)
		S: b OK...
		C: c EXPUNGE
		S: * 2 EXPUNGE
		S: * 1 EXPUNGE
		S: c OK...
		C: "d UID SEARCH RETURN (ALL) ALL
		S: ...BAD...
		C: d UID SEARCH RETURN (MIN ALL COUNT) ALL
		S: * ESEARCH (TAG "d") UID MIN 3 ALL 3:6 COUNT 4
		S: d OK...
		C: e UID SEARCH RETURN (MAX) DELETED
		S: * ESEARCH (TAG "e") UID
		S: e OK...
	EOT
}

@test "what is no return option is BAD" {
	box
	extended <<-'EOT'
		RETURN (MEDIAN) ALL => BAD
		RETURN MIN ALL => BAD
		RETURN (MIN, MAX) ALL => BAD
		RETURN (MIN => BAD
		RETURN (MIN) => BAD
	EOT
}

@test "MODSEQ comes with what is named (RFC 7162 3.1.5, RFC 4731 3.2)" {
	box
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 2 +FLAGS.SILENT (\Draft)
		S: b OK...
		C: c SEARCH MODSEQ 1 DRAFT
		S: * OK [HIGHESTMODSEQ ${high}]...
		S: * SEARCH 2 (MODSEQ ${high})
		S: c OK...
		C: d SEARCH RETURN (ALL) MODSEQ 1
		S: * ESEARCH (TAG "d") ALL 1:6 MODSEQ ${high}
		S: d OK...
		C: e SEARCH RETURN (MIN) MODSEQ "/flags/\\draft" all ${high}
		S: * ESEARCH (TAG "e") MIN 2 MODSEQ ${high}
		S: e OK...
		C: f SEARCH RETURN (MIN) MODSEQ 1
		S: * ESEARCH (TAG "f") MIN 1 MODSEQ ${low}
		S: f OK...
		C: g SEARCH MODSEQ 9223372036854775807
		S: * SEARCH
		S: g OK...
		C: h SEARCH RETURN (COUNT) MODSEQ 9223372036854775807
		S: * ESEARCH (TAG "h") COUNT 0
		S: h OK...
	EOT
}

@test "PARTIAL: a part of the result, from either end (RFC 9394 3.1)" {
	box
	extended <<-'EOT'
		RETURN (PARTIAL 1:2) UNSEEN => PARTIAL (1:2 2:3)
		RETURN (PARTIAL 4:100) UNSEEN => PARTIAL (4:100 5:6)
		RETURN (PARTIAL -1:-2) UNSEEN => PARTIAL (-1:-2 5:6)
		RETURN (PARTIAL -2:-100) 1:3 => PARTIAL (-2:-100 1:2)
		RETURN (PARTIAL 7:9) ALL => PARTIAL (7:9 NIL)
		RETURN (PARTIAL 2:1 COUNT) ALL => PARTIAL (2:1 1:2) COUNT 6
		RETURN (PARTIAL 1:3) DELETED => PARTIAL (1:3 NIL)
		RETURN (PARTIAL 1:2 ALL) ALL => BAD
		RETURN (PARTIAL 0:2) ALL => BAD
		RETURN (PARTIAL -1:2) ALL => BAD
		RETURN (PARTIAL 1) ALL => BAD
	EOT
}
