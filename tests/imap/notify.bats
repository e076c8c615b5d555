# NOTIFY (RFC 5465): the client is told at any time, of the selected mailbox
# and of others, with notices from the system and without.

load ../lib/bed
load ../lib/notices

setup() {
	bed_setup
	maildir_put -f S one.eml two.eml
	maildir_make .Work
	maildir_put -d .Work -f S one.eml
}

@test "3: advertised; SET and NONE, and nothing else" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ... NOTIFY...
		S: a OK...
		C: b NOTIFY NONE
		S: b OK...
		C: c notify set (Selected (messagenew MESSAGEEXPUNGE))
		S: c OK...
		C: d NOTIFY SET
		S: d BAD...
		C: e NOTIFY
		S: e BAD...
		C: f NOTIFY SET STATUS
		S: f BAD...
		C: g NOTIFY NONE (selected NONE)
		S: g BAD...
		C: h NOTIFY GET
		S: h BAD...
	EOT
}

@test "8: the grammar of groups" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (mailboxes (INBOX "Work") (MessageNew MessageExpunge FlagChange)) (subtree Work (MailboxName)) (inboxes (SubscriptionChange)) (subscribed NONE)
		S: a OK...
		C: b NOTIFY SET (personal ())
		S: b BAD...
		C: c NOTIFY SET (everything (MailboxName))
		S: c BAD...
		C: d NOTIFY SET (mailboxes (MailboxName))
		S: d BAD...
		C: e NOTIFY SET (personal (MailboxName)
		S: e BAD...
		C: f NOTIFY SET (personal (MailboxName)) x
		S: f BAD...
		C: g NOTIFY SET personal (MailboxName)
		S: g BAD...
		C: h NOTIFY SET status (selected-delayed (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge FlagChange))
		S: h OK...
		C: i NOTIFY SET (selected MessageNew (uid) MessageExpunge)
		S: i OK...
	EOT
}

@test "5: MessageNew and MessageExpunge belong together, FlagChange needs both: BAD" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (selected (MessageNew))
		S: a BAD...
		C: b NOTIFY SET (selected (MessageExpunge))
		S: b BAD...
		C: c NOTIFY SET (personal (FlagChange))
		S: c BAD...
		C: d NOTIFY SET (personal (FlagChange MessageNew))
		S: d BAD...
		C: e NOTIFY SET (selected (AnnotationChange))
		S: e BAD...
	EOT
}

@test "6.1: one selected filter only, and only messages' events; 8: items only there" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (selected (MessageNew MessageExpunge)) (selected-delayed NONE)
		S: a BAD...
		C: b NOTIFY SET (selected (MailboxName))
		S: b BAD...
		C: c NOTIFY SET (selected-delayed (ServerMetadataChange))
		S: c BAD...
		C: d NOTIFY SET (personal (MessageNew (UID) MessageExpunge))
		S: d BAD...
	EOT
}

@test "3.1: an unknown event is NO, with BADEVENT and all that there are" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))
		S: a NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)] ...
		C: b NOTIFY SET (personal (MessageRead))
		S: b NO [BADEVENT (MessageNew ...)] ...
		C: c NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))
		S: c NO [BADEVENT (MessageNew ...)] ...
	EOT
}

between_commands() {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))
		S: b OK...
		RUN maildir_put three.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 3 FETCH (UID 3 BODY[HEADER.FIELDS (SUBJECT)] {...}
		S: Subject: ...
		S:
		S: )
		RUN mv "$MAILDIR"/cur/*.M1P* "$MAILDIR/cur/1700000001.M1P1.bed:2,FS"
		S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen))
		RUN rm "$MAILDIR"/cur/*.M2P*
		S: * 2 EXPUNGE
		RUN cp "$BED_MAIL/three.eml" "$MAILDIR/tmp/x" && bed_own "$MAILDIR/tmp/x" && mv "$MAILDIR/tmp/x" "$MAILDIR/cur/1700000009.M9P1.bed:2,"
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 3 FETCH (UID 4 BODY[HEADER.FIELDS (SUBJECT)] {...}
		S: Subject: ...
		S:
		S: )
		C: c NOOP
		S: c OK...
	EOT
}

@test "6.1.1: SELECTED tells at once, between commands; 5.2: EXISTS before FETCH" {
	between_commands
}

@test "the same by polling, where the system refuses notices" {
	without_inotify
	VIA=pipe between_commands
}

@test "5.1, 5.3: the other session's changes, MODSEQ with CONDSTORE, VANISHED with QRESYNC" {
	login_imap <<-'EOT'
		C: a ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))
		S: c OK...
		C2: a SELECT INBOX
		S2* a OK...
		C2: b STORE 2 +FLAGS ($Junk \Deleted)
		S2* b OK...
		S: * FLAGS ...
		S: * OK [PERMANENTFLAGS ...
		S: * 2 FETCH (UID 2 FLAGS (\Deleted \Seen $Junk) MODSEQ (...))
		C2: c EXPUNGE
		S2: * 2 EXPUNGE
		S2: c OK...
		S: * VANISHED 2
		C2: d APPEND INBOX {16+}
		C2: Subject: three
		C2:
		S2* d OK...
		S: * 2 EXISTS
		S+ * 0 RECENT
		S+ * 2 FETCH (UID 3)
	EOT
}

@test "6.1.2: SELECTED-DELAYED keeps EXPUNGE for a command that allows it" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))
		S: b OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		RUN maildir_put three.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		C: c FETCH 2 UID
		S: * 2 FETCH (UID 2)
		S: c OK...
		C: d NOOP
		S: * 1 EXPUNGE
		S: d OK...
		RUN rm "$MAILDIR"/cur/*.M2P*
		RUN maildir_put three.eml
		S: * 3 EXISTS
		S: * 2 RECENT
		C: e IDLE
		S: + ...
		S: * 1 EXPUNGE
		C: DONE
		S: e OK...
	EOT
}

@test "4: IDLE sends the same events" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (mailboxes Work (MessageNew MessageExpunge))
		S: b OK...
		C: c IDLE
		S: + ...
		RUN mv "$MAILDIR"/cur/*.M1P* "$MAILDIR/cur/1700000001.M1P1.bed:2,FS"
		RUN maildir_put one.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 3 FETCH (UID 3)
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3)
		C: DONE
		S: c OK...
		C: d NOOP
		S: d OK...
	EOT
}

@test "3.1: without SELECTED, and with NONE, nothing of the selected mailbox is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (mailboxes Work (MessageNew MessageExpunge))
		S: b OK...
		RUN maildir_put three.eml
		RUN rm "$MAILDIR"/cur/*.M1P*
		RUN mv "$MAILDIR"/cur/*.M2P* "$MAILDIR/cur/1700000002.M2P1.bed:2,FS"
		C: c NOOP
		S: c OK...
		C: d FETCH 1:* UID
		S: * 2 FETCH (UID 2)
		S: d NO [EXPUNGEISSUED] ...
		C: e NOTIFY NONE
		S: e OK...
		C: f IDLE
		S: + ...
		C: DONE
		S: f OK...
		C: g NOTIFY SET (selected NONE)
		S: * 1 EXPUNGE
		S: * 2 EXISTS
		S: * 1 RECENT
		S: * 1 FETCH (UID 2 FLAGS (\Flagged \Seen))
		S: g OK...
	EOT
}

@test "3.1: NOTIFY SET is a NOOP, too: what has accumulated is told" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		RUN rm "$MAILDIR"/cur/*.M1P*
		RUN maildir_put three.eml
		C: b NOTIFY SET (selected (MessageNew (UID) MessageExpunge))
		S: * 1 EXPUNGE
		S: * 2 EXISTS
		S: * 1 RECENT
		S: * 2 FETCH (UID 3)
		S: b OK...
	EOT
}

@test "events that are not asked for wait, and its own commands still work under NONE" {
	login_imap <<-'EOT'
		C: a ENABLE QRESYNC
		S: * ENABLED QRESYNC
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c NOTIFY SET (selected (MessageNew MessageExpunge))
		S: c OK...
		RUN mv "$MAILDIR"/cur/*.M1P* "$MAILDIR/cur/1700000001.M1P1.bed:2,FS"
		RUN maildir_put three.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * OK [HIGHESTMODSEQ ${before}] ...
		C: d NOTIFY SET (selected NONE)
		S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen) MODSEQ (...))
		S: d OK...
		C: e STORE 2 +FLAGS (\Deleted)
		S: * 2 FETCH (UID 2 FLAGS (\Deleted \Seen) MODSEQ (...))
		S: e OK...
		C: f EXPUNGE
		S: * VANISHED 2
		S: f OK [HIGHESTMODSEQ ...] ...
		C: g UID FETCH 1:* FLAGS
		S+ * 1 FETCH (UID 1 ...)
		S+ * 2 FETCH (UID 3 ...)
		S: g OK...
	EOT
}

@test "5.2: what the client itself appends or copies is not fetched" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange)) (mailboxes Work (MessageNew MessageExpunge))
		S: b OK...
		C: c APPEND INBOX {16+}
		C: Subject: three
		C:
		S: * 3 EXISTS
		S: * 1 RECENT
		S: c OK [APPENDUID ...
		C: d COPY 1 INBOX
		S: * 4 EXISTS
		S: * 2 RECENT
		S: d OK [COPYUID ...
		C: e COPY 1:2 Work
		S: e OK [COPYUID ...
		C: f APPEND Work {16+}
		C: Subject: three
		C:
		S: f OK [APPENDUID ...
		C: g STORE 1 +FLAGS (\Flagged)
		S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen))
		S: g OK...
		C: h MOVE 1 Work
		S: * OK [COPYUID ...
		S: * 1 EXPUNGE
		S: h OK...
		C: i NOOP
		S: i OK...
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 6 UIDNEXT 7)
	EOT
}

@test "3.1: STATUS gives the numbers of the others before OK; with FlagChange also HIGHESTMODSEQ" {
	maildir_make .Other
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (subtree Work (MessageNew MessageExpunge)) (mailboxes (Other Nowhere INBOX) (MessageNew MessageExpunge FlagChange))
		S: * STATUS Other (MESSAGES 0 UIDNEXT 1 UIDVALIDITY ... UNSEEN 0 HIGHESTMODSEQ ...)
		S: * STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ...)
		S: b OK...
		C: c NOTIFY SET (mailboxes (Other Work) (MessageNew MessageExpunge))
		S: c OK...
		C: d NOTIFY SET STATUS (mailboxes Work (MailboxName))
		S: d OK...
		C: e NOTIFY SET STATUS (mailboxes Work NONE)
		S: e OK...
	EOT
}

others_change() {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))
		S: a OK...
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY ... UNSEEN 1)
		RUN maildir_put -d .Work two.eml
		S: * STATUS Work (MESSAGES 3 UIDNEXT 4 UIDVALIDITY ... UNSEEN 2)
		RUN rm "$MAILDIR"/.Work/new/*.M5P*
		S: * STATUS Work (MESSAGES 2 UIDNEXT 4 UIDVALIDITY ... UNSEEN 1)
		RUN mv "$MAILDIR"/.Work/cur/*.M3P* "$MAILDIR/.Work/cur/1700000003.M3P1.bed:2,F"
		S: * STATUS Work (UIDVALIDITY ... UNSEEN 2)
		RUN rm "$MAILDIR"/cur/*.M1P*
		S: * STATUS INBOX (MESSAGES 1 UIDNEXT 3)
		C: b NOOP
		S: b OK...
	EOT
}

@test "5.1, 5.2, 5.3: other mailboxes, by STATUS" {
	others_change
}

@test "the same of other mailboxes by polling" {
	without_inotify
	VIA=pipe others_change
}

@test "5.1, 5.2: with CONDSTORE every STATUS has HIGHESTMODSEQ, and every flag is news" {
	login_imap <<-'EOT'
		C: a ENABLE CONDSTORE
		S: * ENABLED CONDSTORE
		S: a OK...
		C: b NOTIFY SET (mailboxes Work (MessageNew MessageExpunge FlagChange)) (inboxes (MessageNew MessageExpunge))
		S: b OK...
		RUN mv "$MAILDIR"/.Work/cur/*.M3P* "$MAILDIR/.Work/cur/1700000003.M3P1.bed:2,FS"
		S: * STATUS Work (UIDVALIDITY ... HIGHESTMODSEQ ...)
		RUN maildir_put one.eml
		S: * STATUS INBOX (MESSAGES 3 UIDNEXT 4 HIGHESTMODSEQ ...)
	EOT
}

@test "5.1: without CONDSTORE a flag that is not \\Seen is no news of another mailbox" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (mailboxes Work (MessageNew MessageExpunge FlagChange))
		S: a OK...
		RUN mv "$MAILDIR"/.Work/cur/*.M3P* "$MAILDIR/.Work/cur/1700000003.M3P1.bed:2,FS"
		RUN maildir_put -d .Work -f S one.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3)
	EOT
}

@test "5.1: a mailbox that was deleted and made again has a new UIDVALIDITY" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (mailboxes Work (MessageNew MessageExpunge FlagChange))
		S: a OK...
		C2: a DELETE Work
		S2: a OK...
		C2: b CREATE Work
		S2: b OK...
		S* * STATUS Work (... UIDVALIDITY ...)
	EOT
}

@test "a mailbox stops being another when it is selected, and begins again" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))
		S: a OK...
		RUN maildir_put -d .Work two.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3)
		C: b SELECT Work
		S* b OK...
		RUN maildir_put -d .Work two.eml
		S: * 3 EXISTS
		S: * 2 RECENT
		S: * 3 FETCH (UID 3)
		RUN maildir_put two.eml
		S: * STATUS INBOX (MESSAGES 3 UIDNEXT 4)
		C: c STORE 1 +FLAGS.SILENT (\Deleted)
		S: c OK...
		C: d CLOSE
		S: d OK...
		C: e NOOP
		S: e OK...
		RUN maildir_put -d .Work two.eml
		S: * STATUS Work (MESSAGES 3 UIDNEXT 5)
	EOT
}

names_change() {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxName))
		S: a OK...
		RUN maildir_make .New
		S: * LIST (\HasNoChildren) "/" New
		RUN maildir_make .New.Below
		S+ * LIST (\HasNoChildren) "/" New/Below
		S+ * LIST (\HasChildren) "/" New
		RUN mv "$MAILDIR/.Work" "$MAILDIR/.Play"
		S: * LIST (\HasNoChildren) "/" Play ("OLDNAME" (Work))
		RUN rm -r "$MAILDIR/.New.Below"
		S+ * LIST (\NonExistent \HasNoChildren) "/" New/Below
		S+ * LIST (\HasNoChildren) "/" New
		RUN rm -r "$MAILDIR/.Play"
		S: * LIST (\NonExistent \HasNoChildren) "/" Play
		C: b NOOP
		S: b OK...
	EOT
}

@test "5.4: folders that other programs make, rename and remove" {
	names_change
}

@test "the same of folders by polling" {
	without_inotify
	VIA=pipe names_change
}

@test "5.4: another session's CREATE, RENAME with children, DELETE" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxName))
		S: a OK...
		C2: a CREATE Work/a/b
		S2: a OK...
		S+ * LIST (\HasNoChildren) "/" Work/a/b
		S+ * LIST (\NonExistent \HasChildren) "/" Work/a
		C2: b CREATE Work/a
		S2: b OK...
		S+ * LIST (\HasChildren) "/" Work/a
		S+ * LIST (\HasChildren) "/" Work
		C2: c RENAME Work Play
		S2: c OK...
		S: * LIST (\HasChildren) "/" Play ("OLDNAME" (Work))
		C2: d DELETE Play/a/b
		S2: d OK...
		S+ * LIST (\NonExistent \HasNoChildren) "/" Play/a/b
		S+ * LIST (\HasNoChildren) "/" Play/a
		C2: e RENAME INBOX Old
		S2: e OK...
		S: * LIST (\HasNoChildren) "/" Old
		C: b NOOP
		S: b OK...
	EOT
}

@test "5: what the client does itself is not told to it" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange MessageNew MessageExpunge))
		S: a OK...
		C: b CREATE New/Box
		S: b OK...
		C: c RENAME New/Box Other/Box
		S: c OK...
		C: d SUBSCRIBE Other/Box
		S: d OK...
		C: e SETMETADATA Other/Box (/private/comment "x")
		S: e OK...
		C: f SETMETADATA "" (/private/comment "x")
		S: f OK...
		C: g UNSUBSCRIBE Other/Box
		S: g OK...
		C: h DELETE Other/Box
		S: h OK...
		C: i NOOP
		S: i OK...
		C: j RENAME INBOX Old
		S: * STATUS Old (MESSAGES 2 ...)
		S: j OK...
		C: k RENAME Work/Level Work/Other
		S: k NO...
		C: l CREATE Work/Level/a
		S: l OK...
		C: m RENAME Work/Level Work/Other
		S: m OK...
		C: n NOOP
		S: n OK...
		RUN maildir_make .End
		S: * LIST (\HasNoChildren) "/" End
	EOT
}

subscriptions_change() {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (SubscriptionChange))
		S: a OK...
		C2: a SUBSCRIBE Work
		S2: a OK...
		S: * LIST (\HasNoChildren \Subscribed) "/" Work
		C2: b SUBSCRIBE Nowhere
		S2: b OK...
		S: * LIST (\NonExistent \HasNoChildren \Subscribed) "/" Nowhere
		C2: c UNSUBSCRIBE Work
		S2: c OK...
		S: * LIST (\HasNoChildren) "/" Work
		C2: d CREATE Unseen
		S2: d OK...
		C: b NOOP
		S: b OK...
	EOT
}

@test "5.5: subscriptions, with all attributes" {
	subscriptions_change
}

@test "the same of subscriptions by polling" {
	without_inotify
	VIA=pipe subscriptions_change
}

@test "6.4: \"subscribed\" follows the list" {
	login_imap <<-'EOT'
		C: a SUBSCRIBE INBOX
		S: a OK...
		C: b NOTIFY SET (subscribed (MessageNew MessageExpunge))
		S: b OK...
		RUN maildir_put -d .Work one.eml
		RUN maildir_put one.eml
		S: * STATUS INBOX (MESSAGES 3 UIDNEXT 4)
		C2: a SUBSCRIBE Work
		S2: a OK...
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY ...)
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 3 UIDNEXT 4)
		C2: b UNSUBSCRIBE INBOX
		S2: b OK...
		C: c NOOP
		S: c OK...
		RUN maildir_put one.eml
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 4 UIDNEXT 5)
	EOT
}

notes_change() {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxMetadataChange)) (inboxes (ServerMetadataChange))
		S: a OK...
		C2: a SETMETADATA Work (/private/comment "x" /shared/comment "y")
		S2: a OK...
		S: * METADATA Work /private/comment /shared/comment
		C2: b SETMETADATA Work (/shared/comment NIL)
		S2: b OK...
		S: * METADATA Work /shared/comment
		C2: c SETMETADATA INBOX (/private/comment "x")
		S2: c OK...
		S: * METADATA INBOX /private/comment
		C2: d SETMETADATA "" (/private/vendor/x/y "x")
		S2: d OK...
		S: * METADATA "" /private/vendor/x/y
		C2: e SETMETADATA Work (/private/specialuse "\\Archive")
		S2: e OK...
		S: * METADATA Work /private/specialuse
		C2: f SETMETADATA Work (/private/comment "x")
		S2: f OK...
		C: b NOOP
		S: b OK...
	EOT
}

@test "5.6, 5.7: METADATA of mailboxes and of the server, the changed entries alone" {
	notes_change
}

@test "the same of METADATA by polling" {
	without_inotify
	VIA=pipe notes_change
}

@test "6: groups add up; names are no patterns; what does not exist is left out until it does" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (mailboxes ("W*" Later) (MessageNew MessageExpunge)) (subtree Later (MailboxName))
		S: a OK...
		RUN maildir_put -d .Work one.eml
		RUN maildir_make .Later
		S: * LIST (\HasNoChildren) "/" Later
		RUN maildir_put -d .Later one.eml
		S: * STATUS Later (MESSAGES 1 UIDNEXT 2)
		RUN maildir_make .Later.On
		S+ * LIST (\HasNoChildren) "/" Later/On
		S+ * LIST (\HasChildren) "/" Later
		RUN maildir_make .Elsewhere
		RUN maildir_put -d .Later two.eml
		S: * STATUS Later (MESSAGES 2 UIDNEXT 3)
	EOT
}

@test "a renamed mailbox goes on being watched under its new name" {
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))
		S: a OK...
		RUN mv "$MAILDIR/.Work" "$MAILDIR/.Play"
		S: * LIST (\HasNoChildren) "/" Play ("OLDNAME" (Work))
		RUN maildir_put -d .Play one.eml
		S: * STATUS Play (MESSAGES 2 UIDNEXT 3)
	EOT
}

@test "nested folders (LAYOUT=fs): names and messages" {
	rm -r "$MAILDIR/.Work"
	maildir_make a/b
	login_imap <<-'EOT'
		C: a NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))
		S: a OK...
		RUN maildir_put -d a/b one.eml
		S: * STATUS a/b (MESSAGES 1 UIDNEXT 2)
		RUN mv "$MAILDIR/a/b" "$MAILDIR/a/c"
		S: * LIST (\HasNoChildren) "/" a/c ("OLDNAME" (a/b))
		RUN maildir_make a/b
		S+ * LIST (\HasNoChildren) "/" a/b
		S+ * LIST (\NonExistent \HasChildren) "/" a
	EOT
}

@test "5.8: too many mailboxes: NO [NOTIFICATIONOVERFLOW], and the old wish stays" {
	local i

	for i in {1..1000}; do
		mkdir -p "$MAILDIR/.n$i"/{cur,new,tmp}
	done
	bed_own -R "$MAILDIR"
	login_imap <<-'EOT'
		C: a NOTIFY SET (mailboxes Work (MessageNew MessageExpunge))
		S: a OK...
		C: b NOTIFY SET (personal (MailboxMetadataChange))
		S: b NO [NOTIFICATIONOVERFLOW] ...
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3)
		RUN rm -r "$MAILDIR"/.n1 "$MAILDIR"/.n2
		C: c NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxMetadataChange))
		S: c OK...
		C: d SELECT INBOX
		S* d OK...
		RUN maildir_make .o1
		S: * OK [NOTIFICATIONOVERFLOW] ...
		RUN maildir_put one.eml
		C: e NOOP
		S: e OK...
	EOT
}

@test "IMAP4rev2 and UTF8=ACCEPT: no RECENT, names in UTF-8" {
	login_imap <<-'EOT'
		C: a ENABLE IMAP4rev2
		S: * ENABLED IMAP4rev2
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MailboxName MessageNew MessageExpunge))
		S: c OK...
		RUN maildir_put one.eml
		S: * 3 EXISTS
		S: * 3 FETCH (UID 3)
		RUN maildir_make '.Entw&APw-rfe'
		S: * LIST (\HasNoChildren) "/" "Entwürfe"
		RUN maildir_put -d '.Entw&APw-rfe' one.eml
		S: * STATUS "Entwürfe" (MESSAGES 1 UIDNEXT 2)
	EOT
}

@test "UIDONLY: UIDFETCH and VANISHED" {
	login_imap --uidonly <<-'EOT'
		C: a ENABLE UIDONLY
		S: * ENABLED UIDONLY
		S: a OK...
		C: b SELECT INBOX
		S* b OK...
		C: c NOTIFY SET (selected (MessageNew (UID RFC822.SIZE) MessageExpunge FlagChange))
		S: c OK...
		RUN maildir_put one.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 3 UIDFETCH (...RFC822.SIZE ...)
		RUN mv "$MAILDIR"/cur/*.M1P* "$MAILDIR/cur/1700000001.M1P1.bed:2,FS"
		S: * 1 UIDFETCH (FLAGS (\Flagged \Seen))
		RUN rm "$MAILDIR"/cur/*.M2P*
		S: * VANISHED 2
	EOT
}

@test "COMPRESS: what is told between commands is flushed" {
	login_imap <<-'EOT'
		C: a COMPRESS DEFLATE
		S: a OK...
		DEFLATE
		C: b NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))
		S: b OK...
		RUN maildir_put -d .Work one.eml
		S: * STATUS Work (MESSAGES 2 UIDNEXT 3)
		RUN maildir_make .New
		S: * LIST (\HasNoChildren) "/" New
	EOT
}

@test "5.2, RFC 5267: EXISTS, one FETCH with what both want, then ADDTO" {
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b UID SEARCH RETURN (COUNT UPDATE (RFC822.SIZE UID)) UNSEEN
		S: * ESEARCH (TAG "b") UID COUNT 0
		S: b OK...
		C: c NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))
		S: c OK...
		RUN maildir_put one.eml
		S: * 3 EXISTS
		S: * 1 RECENT
		S: * 3 FETCH (UID 3 FLAGS (\Recent) RFC822.SIZE ...)
		S: * ESEARCH (TAG "b") UID ADDTO (0 3)
		RUN mv "$MAILDIR"/cur/*.M1P* "$MAILDIR/cur/1700000001.M1P1.bed:2,"
		S: * 1 FETCH (UID 1 FLAGS ())
		S: * ESEARCH (TAG "b") UID ADDTO (0 1)
		RUN rm "$MAILDIR"/cur/*.M1P*
		S: * ESEARCH (TAG "b") UID REMOVEFROM (0 1)
		S: * 1 EXPUNGE
	EOT
}

@test "the idle time-out counts between commands as well; SIGTERM says BYE" {
	need pkill
	login_imap --idle-timeout=1 <<-'EOT'
		C: a NOTIFY SET (selected (MessageNew MessageExpunge))
		S: a OK...
		S: * BYE [UNAVAILABLE] ...
		EOF
	EOT
	login_imap <<-'EOT'
		C: a NOTIFY SET (selected (MessageNew MessageExpunge))
		S: a OK...
		RUN pkill -TERM -u $BED_USER -x imapd
		S: * BYE [UNAVAILABLE] ...
		EOF
	EOT
}

@test "pipelined commands, a command in pieces and a literal are understood" {
	login_imap <<-'EOT'
		C~ a NOTIFY SET (personal (MailboxName))\r\nb NOOP\r\nc SELECT INBOX\r\n
		S: a OK...
		S: b OK...
		S* c OK...
		C~ d NO
		RUN maildir_make .New
		C~ OP\r\n
		S+ d OK...
		S+ * LIST (\HasNoChildren) "/" New
		C: e STATUS {4}
		S: + ...
		C: Work (MESSAGES)
		S* * STATUS Work (MESSAGES 1)
		S: e OK...
	EOT
}

@test "3.1: a mailbox that is listed and may not be read is told as \\NoAccess" {
	need_root "a mailbox of somebody else"
	mkdir -p "$BED_TMP/shared"/{cur,new,tmp} "$BED_TMP/shared/.Team"/{cur,new,tmp}
	bed_own -R "$BED_TMP/shared"
	chown -R root "$BED_TMP/shared/.Team"
	chmod 700 "$BED_TMP/shared/.Team/cur"
	login_imap --shared=All="$BED_TMP/shared" <<-'EOT'
		C: a NOTIFY SET STATUS (subtree Shared/All (MessageNew MessageExpunge))
		S+ * LIST (\HasNoChildren \NoAccess) "/" Shared/All/Team
		S+ * STATUS Shared/All (...)
		S: a OK...
	EOT
}

@test "one descriptor for all that is watched" {
	local i

	for i in {1..50}; do
		mkdir -p "$MAILDIR/.n$i"/{cur,new,tmp}
	done
	bed_own -R "$MAILDIR"
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName MessageNew MessageExpunge FlagChange MailboxMetadataChange))
		S: b OK...
		RUN [ "$(for p in $(pgrep -u $BED_USER -x imapd); do ls -l /proc/$p/fd; done | grep -c inotify)" = 1 ]
		RUN maildir_put -d .n33 one.eml
		S: * STATUS n33 (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ... UNSEEN 1)
	EOT
}
