# IDLE (RFC 2177): what others do is told while the client waits, with notices
# from the system and without.

load ../lib/bed
load ../lib/notices

setup() {
	bed_setup
	maildir_put -f S one.eml two.eml three.eml
}

others_come_and_go() {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b IDLE
		S: + ...
		RUN maildir_put one.eml
		S: * 4 EXISTS
		S: * 1 RECENT
		RUN mv "$MAILDIR"/cur/*.M3P* "$MAILDIR/cur/1700000003.M3P1.bed:2,FS"
		S: * 3 FETCH (UID 3 FLAGS (\Flagged \Seen))
		RUN rm "$MAILDIR"/cur/*.M1P*
		S: * 1 EXPUNGE
		C: DONE
		S: b OK...
		C: c NOOP
		S: c OK...
	EOT
}

@test "RFC 2177 3: new mail, flags and expunges are told while idle" {
	others_come_and_go
}

@test "the same by polling, where the system refuses notices" {
	without_inotify
	VIA=pipe others_come_and_go
}

@test "what another session does is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C2: a SELECT INBOX
		S2* a OK...
		C: b IDLE
		S: + ...
		C2: b STORE 2 +FLAGS (\Deleted)
		S2: * 2 FETCH ...
		S2: b OK...
		S: * 2 FETCH (UID 2 FLAGS (\Deleted \Seen))
		C2: c EXPUNGE
		S2: * 2 EXPUNGE
		S2: c OK...
		S: * 2 EXPUNGE
		C2: d IDLE
		S2: + ...
		C: DONE
		S: b OK...
		C: c STORE 1 +FLAGS.SILENT (\Answered)
		S: c OK...
		S2: * 1 FETCH (UID 1 FLAGS (\Answered \Seen))
		C2: DONE
		S2: d OK...
	EOT
}

@test "what had happened before IDLE is told at its beginning" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN maildir_put two.eml
		RUN rm "$MAILDIR"/cur/*.M2P*
		C: b IDLE
		S: + ...
		S: * 2 EXPUNGE
		S: * 3 EXISTS
		S: * 1 RECENT
		C: DONE
		S: b OK...
	EOT
}

@test "what is told together leaves in one write" {
	need strace
	mv "$BED_BIN/imapd" "$BED_BIN/imapd.real"
	cat >"$BED_BIN/imapd" <<-EOT
		#!/bin/sh
		exec strace -qq -s 400 -e trace=write,sendto -o $BED_HOME/trace \
			$BED_BIN/imapd.real "\$@"
	EOT
	chmod 755 "$BED_BIN/imapd"
	# On a pipe, where the one process under strace is the session.
	VIA=pipe login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN maildir_put two.eml
		RUN rm "$MAILDIR"/cur/*.M1P* "$MAILDIR"/cur/*.M2P*
		C: b IDLE
		S: + ...
		S: * 2 EXPUNGE
		S: * 1 EXPUNGE
		S: * 2 EXISTS
		S: * 1 RECENT
		C: DONE
		S: b OK...
	EOT
	# The memory of the process is closed to us, the lengths are not:
	# "+ idling" and four lines.
	grep -q '^write(1, .*, 60) *= 60' "$BED_HOME/trace"
}

@test "anything but DONE ends it with BAD, and the next command is understood" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b IDLE
		S: + ...
		C: c NOOP
		S: b BAD Expected DONE
		C: c NOOP
		S: c OK...
		C: d IDLE now
		S: d BAD...
		C: e IDLE
		S: + ...
		C: done
		S: e OK...
	EOT
}

@test "without a mailbox, and with DONE sent at once" {
	login_imap <<-'EOT'
		C~ a IDLE\r\nDONE\r\nb NOOP\r\n
		S: + ...
		S: a OK...
		S: b OK...
		C: c IDLE
		S: + ...
		CLOSE
		EOF
	EOT
}

@test "an idle client is sent away after the time-out, which is over 30 minutes" {
	login_imap --idle-timeout=1 <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b IDLE
		S: + ...
		S: * BYE [UNAVAILABLE] ...
		EOF
	EOT
	run -0 "$BED_BIN/imapd" --help
	[[ $output =~ idle-timeout=SECONDS.*2100 ]]
}

@test "SIGTERM ends it with BYE" {
	need pkill
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b IDLE
		S: + ...
		RUN pkill -TERM -u $BED_USER -x imapd
		S: * BYE [UNAVAILABLE] ...
		EOF
	EOT
}

@test "a mailbox that is opened read-only can be waited for" {
	login_imap <<-'EOT'
		C: a EXAMINE INBOX
		S* a OK...
		C: b IDLE
		S: + ...
		RUN maildir_put one.eml
		S: * 4 EXISTS
		S: * 1 RECENT
		C: DONE
		S: b OK...
	EOT
	[ "$(ls "$MAILDIR/new" | wc -l)" = 1 ]
}
