# Shared mailboxes: a Maildir that belongs to a group, two users at work on it.

load ../lib/bed
load ../lib/team
load ../lib/overhear

setup() {
	bed_setup
	team_make
	team_put ''
	start_server imapd "--shared=team=$TEAM" "--shared=none=$BED_TMP/none"
}

@test "NAMESPACE and LIST show them, SELECT and STATUS open them (RFC 2342 5)" {
	as "$BED_USER" <<-'EOT'
		C: a NAMESPACE
		S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
		S: a OK...
		C: b LIST "" *
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasChildren) "/" Shared/team
		S+ * LIST (\HasNoChildren) "/" Shared/team/Old
		S: b OK...
		C: c LIST "" %
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\Noselect \HasChildren) "/" Shared
		S: c OK...
		C: d SELECT Shared/team
		S* * 1 EXISTS
		S* d OK [READ-WRITE] ...
		C: e STATUS Shared/team/Old (MESSAGES)
		S: * STATUS Shared/team/Old (MESSAGES 0)
		S: e OK...
	EOT
}

@test "two users change one mailbox; new files keep group and mode" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b APPEND Shared/team (\Draft) {3+}
		C: x:y
		S: * 2 EXISTS
		S* b OK [APPENDUID ${v} 2] ...
		C: c STORE 1 +FLAGS ($Work)
		S* c OK...
		C: d COPY 1 Shared/team/Old
		S: d OK [COPYUID ...
	EOT
	as "$OTHER" <<-'EOT'
		C: a SELECT Shared/team
		S* * 2 EXISTS
		S* * OK [UIDVALIDITY ${v}] ...
		S* a OK [READ-WRITE] ...
		C: b FETCH 1:2 (UID FLAGS)
		S: * 1 FETCH (UID 1 FLAGS ($Work))
		S: * 2 FETCH (UID 2 FLAGS (\Draft))
		S: b OK...
		C: c STORE 2 +FLAGS (\Seen \Deleted)
		S* c OK...
		C: d APPEND Shared/team {3+}
		C: x:y
		S* d OK [APPENDUID ${v} 3] ...
		C: e EXPUNGE
		S: * 2 EXPUNGE
		S* e OK...
		C: f COPY 1:2 INBOX
		S: f OK...
		C: g MOVE 2 Shared/team/Old
		S* g OK...
	EOT
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* * 1 EXISTS
		S* a OK...
		C: b STORE 1 +FLAGS (\Seen)
		S* b OK...
		C: c SELECT Shared/team/Old
		S* * 2 EXISTS
		S* c OK...
	EOT
	[[ -z $(find "$TEAM" -type f ! -group "$BED_USER") ]]
	[[ -z $(find "$TEAM" -type f -name '*bed*' ! -perm -660) ]]
	[[ -z $(find "$TEAM"/cur "$TEAM"/.Old/cur -type f ! -perm -660) ]]
}

@test "their folders are not for clients to make, rename or remove" {
	as "$BED_USER" <<-'EOT'
		C: a CREATE Shared/team/New
		S: a NO [NOPERM] ...
		C: b DELETE Shared/team/Old
		S: b NO [NOPERM] ...
		C: c RENAME Shared/team/Old Mine
		S: c NO [NOPERM] ...
		C: d RENAME INBOX Shared/x
		S: d NO [NOPERM] ...
		C: e MYRIGHTS Shared/team
		S: * MYRIGHTS Shared/team lrswited
		S: e OK...
		C: f SETMETADATA Shared/team (/private/comment "x")
		S: f NO [METADATA NOPRIVATE] ...
		C: g SETMETADATA Shared/team (/shared/comment "x")
		S: g OK...
		C: h SUBSCRIBE Shared/team
		S: h OK...
		C: i LIST (SUBSCRIBED) "" *
		S: * LIST (\HasChildren \Subscribed) "/" Shared/team
		S: i OK...
	EOT
	[[ -d $TEAM/.Old && ! -e $TEAM/.New ]]
}

@test "who is not in the group does not see them" {
	chmod 2700 "$TEAM"
	as "$OTHER" <<-'EOT'
		C: a LIST "" *
		S: * LIST (\HasNoChildren) "/" INBOX
		S: a OK...
		C: b SELECT Shared/team
		S: b NO [NONEXISTENT] ...
	EOT
}

@test "they are outside of one's own quota" {
	printf '1000S\n10 1\n' >"$MAILDIR/maildirsize"
	bed_own "$MAILDIR/maildirsize"
	{
		echo 'C: a APPEND Shared/team {1200+}'
		echo "C: Subject: $(printf 'x%.0s' {1..1191})"
		echo 'S: a OK...'
		echo 'C: b APPEND INBOX {1200}'
		echo 'S: b NO [OVERQUOTA] ...'
	} | as "$BED_USER"
	[[ $(<"$MAILDIR/maildirsize") == $'1000S\n10 1' ]]
}

@test "a name that is none, a path that is relative: exit status 64" {
	run -64 "$BED_BIN/imapd" --shared=a/b=/tmp
	run -64 "$BED_BIN/imapd" --shared=a=tmp
	run -64 "$BED_BIN/imapd" --shared=/tmp
}

@test "two users at once, each in what the other changes: both see the same" {
	overhear
	team_storm common
	overheard 1000
}
