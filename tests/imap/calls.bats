# What SELECT and STATUS of an unchanged mailbox cost: the same few system
# calls for 10 messages and for 10,000, and no look at any of them.

load ../lib/bed

# session COMMAND...: all its system calls, with the files that they are about,
# to $BED_TMP/trace.  Only root may look at what the process has open.
session() {
	local i=0 command

	need_root "to see the names of a process's files"
	need strace
	for command; do
		printf '%d %s\r\n' $((i += 1)) "$command"
	done >"$BED_TMP/commands"
	strace -qq -y -o "$BED_TMP/trace" setpriv "--reuid=$BED_USER" \
		"--regid=$(id -g "$BED_USER")" --clear-groups \
		env -i HOME="$BED_HOME" "$BED_BIN/imapd" \
		<"$BED_TMP/commands" >"$BED_TMP/answers" 2>"$BED_TMP/strace.log"
	(($(grep -c '^[0-9]* OK' "$BED_TMP/answers") == $#))
}

all_four() {
	session 'STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)' \
		'SELECT INBOX' NOOP 'STATUS INBOX (MESSAGES UNSEEN)'
}

messages() {
	/usr/bin/python3 - "$MAILDIR" "$1" <<-'EOT'
		import os, sys
		for i in range(int(sys.argv[2])):
		    flags = ["", "S", "FS"][i % 3]
		    name = f"{sys.argv[1]}/cur/{1700000000 + i}.M{i}P1.bed:2,{flags}"
		    with open(name, "w") as f:
		        f.write(f"Subject: {i}\n\n{i}\n")
	EOT
	if bed_root; then
		chown -R "$BED_USER": "$MAILDIR"
	fi
}

# A look at the names of all messages, or at one of them.
looks() {
	grep -E '^getdents64.*/(cur|new)>.* 32768\)|[0-9]\.M[0-9]+P1\.bed' \
		"$BED_TMP/trace"
}

unlooked() {
	all_four && ! looks >/dev/null
}

# What the allocator does is another matter.
counted() {
	grep -oE '^[a-z0-9_]+' "$BED_TMP/trace" |
		grep -vE '^(brk|mmap|munmap|mprotect|madvise|futex|mremap)$' |
		sort | uniq -c
}

total() {
	awk '{ n += $1 } END { print n }' "$1"
}

# Until the directories' times have settled, which some file systems do at
# once, and nothing is left to be written down.
settle() {
	wait_until 10 unlooked
	all_four
	! looks
}

@test "SELECT and STATUS of an unchanged mailbox: the same calls for 10 and for 10,000 messages" {
	messages 10
	settle
	counted >"$BED_TMP/small"
	messages 10000
	settle
	counted >"$BED_TMP/large"
	diff "$BED_TMP/small" "$BED_TMP/large"
	session NOOP
	counted >"$BED_TMP/none"
	echo "$(total "$BED_TMP/large") calls, $(total "$BED_TMP/none") without"
	(($(total "$BED_TMP/large") - $(total "$BED_TMP/none") < 200))
}

@test "a look at a changed mailbox is one at its directory, not at each message" {
	messages 1000
	settle
	mv "$MAILDIR/cur/1700000004.M4P1.bed:2,S" \
		"$MAILDIR/cur/1700000004.M4P1.bed:2,RS"
	all_four
	looks | grep -q '^getdents64.*/cur>'
	! looks | grep -v '^getdents64'
}

@test "what one session has done the next need not look for" {
	messages 1000
	settle
	session 'SELECT INBOX' 'STORE 1 +FLAGS (\Answered)' NOOP
	# Where times are not exact they have to settle first.
	wait_until 10 unlooked
	session 'SELECT INBOX' 'FETCH 1 FLAGS'
	grep -q ' 1 FETCH (FLAGS (\\Answered' "$BED_TMP/answers"
}
