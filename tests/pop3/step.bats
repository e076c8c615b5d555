# Whatever comes, one command has one answer.

load ../lib/bed

@test "lower case, blanks before, between and behind" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: stat
		S: +OK 1 220
		C:   List   1
		S: +OK 1 220
		C: uidl 1  
		S: +OK 1 ...
		C:  dElE  1 
		S: +OK message 1 deleted
	EOT
}

@test "an empty line and an unknown command are answered with -ERR" {
	login_pop3 <<-'EOT'
		C:
		S: -ERR...
		C: XTND XMIT
		S: -ERR...
		C: LAST
		S: -ERR...
		C: STATS
		S: -ERR...
		C: STAT
		S: +OK 0 0
	EOT
}

@test "a bare LF ends a command, a NUL and 8-bit octets do not" {
	login_pop3 <<-'EOT'
		C~ STAT\nST\0AT\r\n\xff\xfe\r\nNOOP\r\n
		S: +OK 0 0
		S: -ERR...
		S: -ERR...
		S: +OK...
	EOT
}

@test "a line that is too long is answered once" {
	printf 'LIST %0100000d\r\nNOOP\r\n' 1 >"$BED_TMP/long"
	login_pop3 <<-EOT
		C< $BED_TMP/long
		S: -ERR...
		S: +OK...
	EOT
}

@test "one octet at a time" {
	local i text='STAT\r\nLIST\r\nNOOP\r\n'

	maildir_put one.eml
	{
		for ((i = 0; i < ${#text}; i++)); do
			if [[ ${text:i:1} == \\ ]]; then
				echo "C~ ${text:i:2}"
				((i += 1))
			else
				echo "C~ ${text:i:1}"
			fi
		done
		echo 'S: +OK 1 220'
		echo 'S: +OK...'
		echo 'S: 1 220'
		echo 'S: .'
		echo 'S: +OK...'
	} >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
}

@test "ten bad commands in a row end the session and remove nothing" {
	maildir_put one.eml
	login_pop3 <<-'EOT'
		C: DELE 1
		S: +OK...
		C~ A\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\nH\r\nI\r\nJ\r\nQUIT\r\n
		S* -ERR too many bad commands
		EOF
	EOT
	[[ $(maildir_count) == 1 ]]
}

@test "numbers of messages that are not there are no bad commands" {
	local i

	{
		for ((i = 1; i <= 30; i++)); do
			echo "C: DELE $i"
			echo 'S: -ERR no such message'
		done
		echo 'C: STAT'
		echo 'S: +OK 0 0'
	} >"$BED_TMP/script"
	login_pop3 <"$BED_TMP/script"
}
