# MULTISEARCH (RFC 7377): ESEARCH over several mailboxes.

load ../lib/bed
load ../lib/found

boxes() {
	box
	maildir_make .Work
	maildir_make .Work.Old
	maildir_make .Work.Old.Older
	maildir_make .Empty
	maildir_put -d .Work -f S one.eml two.eml
	maildir_put -d .Work.Old -f - two.eml
	maildir_put -d .Work.Old.Older -f - two.eml three.eml
}

@test "2.1: one answer for each mailbox with a result, with its correlators" {
	boxes
	login_imap <<-'EOT'
		C: a STATUS Work (UIDVALIDITY)
		S: * STATUS Work (UIDVALIDITY ${work})
		S: a OK...
		C: b STATUS INBOX (UIDVALIDITY)
		S: * STATUS INBOX (UIDVALIDITY ${inbox})
		S: b OK...
		C: c ESEARCH IN (mailboxes (INBOX Work Empty Nowhere)) SUBJECT first
		S+ * ESEARCH (TAG "c" MAILBOX INBOX UIDVALIDITY ${inbox}) UID ALL 1
		S+ * ESEARCH (TAG "c" MAILBOX Work UIDVALIDITY ${work}) UID ALL 1
		S: c OK...
		C: d ESEARCH IN (personal) RETURN (MIN COUNT) SUBJECT nothing
		S: d OK...
		C: e ESEARCH IN (mailboxes Work) RETURN (MIN MAX COUNT) SEEN
		S: * ESEARCH (TAG "e" MAILBOX Work UIDVALIDITY ${work}) UID MIN 1 MAX 2 COUNT 2
		S: e OK...
	EOT
}

@test "2.2: subtree, subtree-one, inboxes, personal, subscribed; none twice" {
	boxes
	login_imap <<-'EOT'
		C: a SUBSCRIBE Work/Old
		S: a OK...
		C: b ESEARCH IN (subtree Work) BODY "line 12"
		S: * ESEARCH (TAG "b" MAILBOX Work UIDVALIDITY ...) UID ALL 2
		S: * ESEARCH (TAG "b" MAILBOX Work/Old UIDVALIDITY ...) UID ALL 1
		S: * ESEARCH (TAG "b" MAILBOX Work/Old/Older UIDVALIDITY ...) UID ALL 1
		S: b OK...
		C: c ESEARCH IN (subtree-one Work mailboxes Work) BODY "line 12"
		S: * ESEARCH (TAG "c" MAILBOX Work UIDVALIDITY ...) UID ALL 2
		S: * ESEARCH (TAG "c" MAILBOX Work/Old UIDVALIDITY ...) UID ALL 1
		S: c OK...
		C: d ESEARCH IN (inboxes subscribed) BODY "line 12"
		S: * ESEARCH (TAG "d" MAILBOX INBOX UIDVALIDITY ...) UID ALL 2
		S: * ESEARCH (TAG "d" MAILBOX Work/Old UIDVALIDITY ...) UID ALL 1
		S: d OK...
		C: e ESEARCH IN (personal) FROM carol
		S: * ESEARCH (TAG "e" MAILBOX INBOX UIDVALIDITY ...) UID ALL 3
		S: * ESEARCH (TAG "e" MAILBOX Work/Old/Older UIDVALIDITY ...) UID ALL 2
		S: e OK...
	EOT
}

@test "2.2: selected is the default, needs one, and stays selected" {
	boxes
	login_imap <<-'EOT'
		C: a ESEARCH ALL
		S: a BAD...
		C: b ESEARCH IN (selected) ALL
		S: b BAD...
		C: c ESEARCH IN (selected-delayed) ALL
		S: c BAD...
		C: d SELECT Work
		S* d OK...
		C: e ESEARCH UNANSWERED 1
		S: * ESEARCH (TAG "e" MAILBOX Work UIDVALIDITY ...) UID ALL 1
		S: e OK...
		C: f ESEARCH IN (selected mailboxes INBOX) RETURN (COUNT) ALL
		S: * ESEARCH (TAG "f" MAILBOX INBOX UIDVALIDITY ...) UID COUNT 6
		S: * ESEARCH (TAG "f" MAILBOX Work UIDVALIDITY ...) UID COUNT 2
		S: f OK...
		C: g FETCH 1:* UID
		S: * 1 FETCH (UID 1)
		S: * 2 FETCH (UID 2)
		S: g OK...
	EOT
}

@test "2: numbers and * are each mailbox's own; beyond the end is no error" {
	boxes
	login_imap <<-'EOT'
		C: a ESEARCH IN (mailboxes (INBOX Work)) *
		S: * ESEARCH (TAG "a" MAILBOX INBOX UIDVALIDITY ...) UID ALL 6
		S: * ESEARCH (TAG "a" MAILBOX Work UIDVALIDITY ...) UID ALL 2
		S: a OK...
		C: b ESEARCH IN (mailboxes (INBOX Work)) 3:100
		S: * ESEARCH (TAG "b" MAILBOX INBOX UIDVALIDITY ...) UID ALL 3:6
		S: b OK...
		C: c ESEARCH IN (mailboxes (INBOX Work)) RETURN (PARTIAL -1:-2) ALL
		S: * ESEARCH (TAG "c" MAILBOX INBOX UIDVALIDITY ...) UID PARTIAL (-1:-2 5:6)
		S: * ESEARCH (TAG "c" MAILBOX Work UIDVALIDITY ...) UID PARTIAL (-1:-2 1:2)
		S: c OK...
	EOT
}

@test "2.2: SAVE for the selected mailbox only" {
	boxes
	login_imap <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b ESEARCH IN (selected) RETURN (SAVE) FROM carol
		S: b OK...
		C: c SEARCH $
		S: * SEARCH 3
		S: c OK...
		C: d ESEARCH IN (personal) RETURN (SAVE) ALL
		S: d BAD...
		C: e ESEARCH RETURN (SAVE COUNT) DELETED
		S: e OK...
		C: f SEARCH $
		S: * SEARCH
		S: f OK...
	EOT
}

@test "an unknown charset is NO, nonsense is BAD" {
	boxes
	login_imap <<-'EOT'
		C: a ESEARCH IN (personal) CHARSET X-NONE SUBJECT x
		S: a NO [BADCHARSET ...
		C: b ESEARCH IN personal ALL
		S: b BAD...
		C: c ESEARCH IN () ALL
		S: c BAD...
		C: d ESEARCH IN (mailboxes) ALL
		S: d BAD...
		C: e ESEARCH IN (personal)
		S: e BAD...
		C: f ESEARCH IN (everything) ALL
		S: f BAD...
	EOT
}
