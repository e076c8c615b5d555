# shellcheck shell=bash
#
# Tables of searches: a line is a program and what it must find,
#
#	FROM ada => 1 4
#
# after "box", which fills the mailbox with six messages of tests/mail.

box() {
	maildir_put -f S one.eml
	maildir_put -f RF two.eml
	maildir_put -f - three.eml utf8.eml 8bit.eml html.eml
}

# answered COMMAND RESPONSE: the table on stdin as one transcript.
answered() {
	local line query want

	{
		printf 'C: s SELECT INBOX\nS* s OK...\n'
		while read -r line; do
			[[ -n $line && $line != \#* ]] || continue
			query=${line%%=>*} want=${line##*=>}
			want=${want# }
			printf 'C: q %s %s\n' "$1" "${query% }"
			case $want in
			BAD | NO) printf 'S: q %s...\n' "$want" ;;
			*)
				printf 'S: * %s%s\nS: q OK...\n' "$2" \
					"${want:+ $want}"
				;;
			esac
		done
		printf 'C: t NOOP\nS: t OK...\n'
	} >"$BED_TMP/table"
	login_imap <"$BED_TMP/table"
}

found() {
	answered SEARCH SEARCH
}
