# shellcheck shell=bash
#
# A Maildir that belongs to a group, and two users of that group: $BED_USER,
# whose group it is, and $OTHER.
#
#	load ../lib/bed
#	load ../lib/team

setup_file() {
	bed_setup_file
	if bed_root; then
		export OTHER=${BED_USER}2
		make_user "$OTHER" "$BED_PASSWORD" "$BED_TMP/other"
		accounts usermod -aG "$BED_USER" "$OTHER"
	fi
}

# team_make: the Maildir $TEAM, empty, with a folder Old; $OTHER's own too.
team_make() {
	need_root "two users"
	export TEAM=$BED_TMP/team
	rm -rf "$TEAM" "$BED_TMP/other"
	mkdir -p "$TEAM"/{cur,new,tmp} "$TEAM"/.Old/{cur,new,tmp}
	mkdir -p "$BED_TMP"/other/Maildir
	chown -R "$OTHER": "$BED_TMP/other"
	chgrp -R "$BED_USER" "$TEAM"
	chmod -R 2770 "$TEAM"
}

# team_put FLAGS: a message for all, with these letters in its name.
team_put() {
	local n

	n=$(find "$TEAM"/cur -type f | wc -l)
	install -m 660 -g "$BED_USER" "$BED_MAIL/one.eml" \
		"$TEAM/cur/170000000$((n + 1)).M1P1.bed:2,$1"
}

# as NAME <transcript
as() {
	BED_USER=$1 bed_talk --prelude "$IMAP_LOGIN" \
		--connect "127.0.0.1:$BED_PORT"
}

# team_storm common|private: both users at once, each changing what the other
# has; files keep group and mode.
team_storm() {
	local seed=${SEED:-$RANDOM}

	echo "SEED=$seed"
	/usr/bin/python3 "$BED_ROOT/tests/imap/sharedstorm.py" "$BED_PORT" \
		"$1" "$seed" "${STEPS:-150}" "$BED_PASSWORD" "$BED_USER" \
		"$OTHER" || return 1
	[[ -z $(find "$TEAM" -type f ! -group "$BED_USER") ]] &&
		[[ -z $(find "$TEAM"/cur "$TEAM"/.Old/cur -type f ! -perm -660) ]]
}
