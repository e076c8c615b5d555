# Shared mailboxes with --shared-seen=private: what one reader has seen is no
# other's business, and is kept in the reader's own Maildir.

load ../lib/bed
load ../lib/team
load ../lib/overhear

setup() {
	bed_setup
	team_make
	team_put ''
	team_put ''
	team_put F
	serve
	export -f team_put
	TALK_EXTRA=(-D "other=$OTHER")
}

# serve [OPTION...]
serve() {
	start_server imapd "--shared=team=$TEAM" --shared-seen=private "$@"
}

# dialogue <transcript: connections log in by themselves, as two users.
dialogue() {
	bed_talk --prelude '' --connect "127.0.0.1:$BED_PORT"
}

# seen UIDS: these are, to $BED_USER.
seen() {
	as "$BED_USER" <<-EOT
		C: a SELECT Shared/team
		S* a OK...
		C: b UID SEARCH SEEN
		S: * SEARCH${1:+ $1}
		S: b OK...
	EOT
}

@test "each reader's \\Seen is its own; all other flags are common" {
	dialogue <<-'EOT'
		S: * OK ...
		C: l LOGIN ${user} ${password}
		S: l OK ...
		C: a SELECT Shared/team
		S* * 3 EXISTS
		S* * OK [UNSEEN 1] ...
		S* a OK [READ-WRITE] ...
		S2: * OK ...
		C2: l LOGIN ${other} ${password}
		S2: l OK ...
		C2: a SELECT Shared/team
		S2* a OK [READ-WRITE] ...
		C: b STORE 1:2 +FLAGS (\Seen)
		S: * 1 FETCH (...FLAGS (\Seen)...)
		S: * 2 FETCH (...FLAGS (\Seen)...)
		S: b OK...
		C: c STORE 2 +FLAGS (\Answered $Work)
		S* c OK...
		C2: x NOOP
		S2* x OK...
		C2: b FETCH 1:3 FLAGS
		S2: * 1 FETCH (...FLAGS ()...)
		S2: * 2 FETCH (...FLAGS (\Answered $Work)...)
		S2: * 3 FETCH (...FLAGS (\Flagged)...)
		S2: b OK...
		C2: c SEARCH UNSEEN
		S2: * SEARCH 1 2 3
		S2: c OK...
		C2: d FETCH 3 BODY[HEADER.FIELDS (SUBJECT)]
		S2: * 3 FETCH (...
		S2* d OK...
		C2: e STORE 2 FLAGS (\Draft)
		S2: * 2 FETCH (...FLAGS (\Draft)...)
		S2: e OK...
		C: d NOOP
		S* * 2 FETCH (...FLAGS (\Seen \Draft)...)
		S: d OK...
		C: e SEARCH UNSEEN
		S: * SEARCH 3
		S: e OK...
		C: f STATUS Shared/team (UNSEEN)
		S: * STATUS Shared/team (UNSEEN 1)
		S: f OK...
		C2: f STATUS Shared/team (UNSEEN)
		S2: * STATUS Shared/team (UNSEEN 2)
		S2: f OK...
	EOT
	[[ -z $(find "$TEAM" -name '*:2,*S*') ]]
}

@test "it outlives the session, the cache, and a killed session" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b STORE 1,3 +FLAGS.SILENT (\Seen)
		S: b OK...
		C: c STORE 1 -FLAGS.SILENT (\Seen)
		S: c OK...
		C: d FETCH 2 BODY[]
		S: * 2 FETCH (...
		S* d OK...
		RUN rm -rf "$BED_HOME/.cache"
		RUN kill -KILL $(pgrep -u "$BED_USER" -x imapd)
		EOF
	EOT
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* * OK [UNSEEN 1] ...
		S* a OK...
		C: b FETCH 1:3 FLAGS
		S: * 1 FETCH (...FLAGS ()...)
		S: * 2 FETCH (...FLAGS (\Seen)...)
		S: * 3 FETCH (...FLAGS (\Flagged \Seen)...)
		S: b OK...
	EOT
}

two_sessions() {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team (CONDSTORE)
		S* * OK [HIGHESTMODSEQ ${m}] ...
		S* a OK...
		C2: a SELECT Shared/team
		S2* a OK...
		C: b IDLE
		S: + ...
		C2: b STORE 2 +FLAGS.SILENT (\Seen)
		S2: b OK...
		S: * 2 FETCH (UID 2 FLAGS (\Seen) MODSEQ (...))
		C: DONE
		S: b OK...
		C: c FETCH 1:* (FLAGS) (CHANGEDSINCE ${m})
		S: * 2 FETCH (... FLAGS (\Seen)...)
		S: c OK...
		C: d STORE 2 -FLAGS.SILENT (\Seen)
		S: * 2 FETCH (...MODSEQ...)
		S: d OK...
		C2: c NOOP
		S2: * 2 FETCH (...FLAGS ()...)
		S2: c OK...
		C: e STORE 3 (UNCHANGEDSINCE ${m}) +FLAGS.SILENT (\Seen)
		S: * 3 FETCH (...MODSEQ...)
		S: e OK...
		C2: d STORE 1 +FLAGS.SILENT (\Seen)
		S2: * 3 FETCH (...FLAGS (\Flagged \Seen)...)
		S2: d OK...
		C: f NOOP
		S: * 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (...))
		S: f OK...
		C: g STATUS Shared/team (UNSEEN)
		S: * STATUS Shared/team (UNSEEN 1)
		S: g OK...
	EOT
}

@test "two sessions of one reader: IDLE, NOOP, CHANGEDSINCE tell of it" {
	two_sessions
}

@test "NOTIFY tells one session what another of the same reader has seen" {
	as "$BED_USER" <<-'EOT'
		C2: a SELECT Shared/team
		S2* a OK...
		C: a NOTIFY SET (subtree Shared (MessageNew MessageExpunge FlagChange))
		S: a OK...
		C2: b STORE 2 +FLAGS.SILENT (\Seen)
		S2: b OK...
		S: * STATUS Shared/team (...UNSEEN 2...)
	EOT
}

@test "the same without a cache to share" {
	serve --cache=none
	two_sessions
}

@test "APPEND, COPY and MOVE take it along, into and out of" {
	as "$BED_USER" <<-'EOT'
		C: a APPEND Shared/team (\Seen) {3+}
		C: x:y
		S: a OK [APPENDUID ${v} 4] ...
		C: b SELECT Shared/team
		S* b OK...
		C: c STORE 1 +FLAGS.SILENT (\Seen)
		S: c OK...
		C: d COPY 1:4 INBOX
		S: d OK...
		C: e COPY 1:2 Shared/team/Old
		S: e OK...
		C: f MOVE 4 Shared/team/Old
		S* f OK...
		C: g SELECT INBOX
		S* g OK...
		C: h FETCH 1:* FLAGS
		S: * 1 FETCH (...FLAGS (\Seen...)...)
		S: * 2 FETCH (...FLAGS (...)...)
		S: * 3 FETCH (...FLAGS (\Flagged...)...)
		S: * 4 FETCH (...FLAGS (\Seen...)...)
		S: h OK...
		C: i SEARCH SEEN
		S: * SEARCH 1 4
		S: i OK...
		C: j COPY 1:2 Shared/team
		S: j OK [COPYUID ${v} 1:2 5:6] ...
		C: k SELECT Shared/team/Old
		S* k OK...
		C: l SEARCH SEEN
		S: * SEARCH 1 3
		S: l OK...
		C: m SELECT Shared/team
		S* m OK...
		C: n UID SEARCH SEEN
		S: * SEARCH 1 5
		S: n OK...
	EOT
	as "$OTHER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b SEARCH SEEN
		S: * SEARCH
		S: b OK...
		C: c SELECT Shared/team/Old
		S* c OK...
		C: d SEARCH SEEN
		S: * SEARCH
		S: d OK...
	EOT
	[[ -z $(find "$TEAM" -name '*:2,*S*') ]]
	[[ -n $(find "$MAILDIR/cur" -name '*:2,*S*') ]]
	[[ -z $(find "$TEAM" -type f ! -group "$BED_USER") ]]
	[[ -z $(find "$TEAM"/cur "$TEAM"/.Old/cur -type f ! -perm -660) ]]
}

@test "who may only read has the right s, and no other's flags change (RFC 4314 4)" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
	EOT
	chmod -R g-w "$TEAM"
	as "$OTHER" <<-'EOT'
		C: a MYRIGHTS Shared/team
		S: * MYRIGHTS Shared/team lrs
		S: a OK...
		C: b SELECT Shared/team
		S* * OK [PERMANENTFLAGS (\Seen)] ...
		S* b OK [READ-ONLY] ...
		C: c STORE 1 +FLAGS (\Seen \Answered)
		S: * 1 FETCH (...FLAGS (\Seen)...)
		S: c OK...
		C: d STORE 1 +FLAGS (\Answered)
		S: d NO [READ-ONLY] ...
		C: e STORE 3 FLAGS (\Seen)
		S: * 3 FETCH (...FLAGS (\Flagged \Seen)...)
		S: e OK...
		C: f FETCH 2 BODY[HEADER.FIELDS (SUBJECT)]
		S: * 2 FETCH (...
		S* f OK...
		C: g EXAMINE Shared/team
		S* * OK [PERMANENTFLAGS ()] ...
		S* g OK [READ-ONLY] ...
		C: h STORE 1 -FLAGS (\Seen)
		S: h NO [READ-ONLY] ...
		C: i SEARCH SEEN
		S: * SEARCH 1 2 3
		S: i OK...
	EOT
}

@test "what was seen when it was common is seen at the first look, and only then" {
	team_put S
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b SEARCH SEEN
		S: * SEARCH 4
		S: b OK...
		RUN team_put S
		C: c NOOP
		S* c OK...
		C: d SEARCH SEEN
		S: * SEARCH 4
		S: d OK...
		RUN mv "$TEAM"/cur/*1.M1P1.bed* "$TEAM/cur/1700000001.M1P1.bed:2,RS"
		C: e NOOP
		S: * 1 FETCH (...FLAGS (\Answered)...)
		S: e OK...
	EOT
	rm -rf "$BED_HOME/.cache"
	seen '4'
}

@test "a mailbox of another UIDVALIDITY is all new" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b STORE 1:2 +FLAGS.SILENT (\Seen)
		S: b OK...
	EOT
	sed -i '1s/V[0-9]*/V1234567890/' "$TEAM/dovecot-uidlist"
	seen ''
	grep -q V1234567890 "$TEAM/dovecot-uidlist"
}

@test "half a line, and lines that are none, do not count and do not harm" {
	local file

	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Seen)
		S: b OK...
	EOT
	file=$(echo "$MAILDIR"/stdmail-seen/????????????????????????????????)
	printf 'x\n\n+\n+9:x\n-1:\n+2' >>"$file"
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b SEARCH SEEN
		S: * SEARCH 1
		S: b OK...
		C: c STORE 3 +FLAGS.SILENT (\Seen)
		S: c OK...
		C: d STORE 1 -FLAGS.SILENT (\Seen)
		S: d OK...
	EOT
	[[ $(sed 1d "$file") == $'+1,3\n-1' ]]
	rm -rf "$BED_HOME/.cache"
	seen '3'
}

@test "the option again off: flags are those of the names" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Seen)
		S: b OK...
	EOT
	start_server imapd "--shared=team=$TEAM" --shared-seen=common
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b SEARCH SEEN
		S: * SEARCH
		S: b OK...
		C: c STORE 2 +FLAGS.SILENT (\Seen)
		S: c OK...
	EOT
	as "$OTHER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b SEARCH SEEN
		S: * SEARCH 2
		S: b OK...
	EOT
	serve
	seen '1'
}

@test "one's own mailboxes have \\Seen in the names as ever" {
	maildir_put -f - one.eml
	as "$BED_USER" <<-'EOT'
		C: a SELECT INBOX
		S* a OK...
		C: b STORE 1 +FLAGS.SILENT (\Seen)
		S: b OK...
	EOT
	[[ -n $(find "$MAILDIR/cur" -name '*:2,S') ]]
	[[ ! -e $MAILDIR/stdmail-seen ]]
}

@test "a disk that takes nothing: STORE says NO" {
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
	EOT
	rm -rf "$MAILDIR/stdmail-seen"
	touch "$MAILDIR/stdmail-seen"
	as "$BED_USER" <<-'EOT'
		C: a SELECT Shared/team
		S* a OK...
		C: b STORE 1 +FLAGS (\Seen)
		S* b NO ...
	EOT
}

@test "neither common nor private: exit status 64" {
	run -64 "$BED_BIN/imapd" --shared-seen=mine
}

@test "two users at once: all flags are the same to both, but \\Seen" {
	overhear
	team_storm private
	overheard 1000
	[[ -z $(find "$TEAM" -name '*:2,*S*') ]]
}

@test "the same without a cache" {
	serve --cache=none
	team_storm private
}
