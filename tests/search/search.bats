# SEARCH, SORT and THREAD over a corpus of real mail ($CORPUS), against a slow
# and simple reference (reference.py), and SEARCH against Dovecot: where that
# differs, differences.txt says why.
#
#	SEED=7 QUERIES=500 EVERY=1 bats tests/search

load ../lib/bed
load ../lib/dovecot

# Every EVERYth message of the corpus with random flags and dates, and the list
# of them that reference.py wants.
corpus_box() {
	"$BED_ROOT/tests/corpus/unpack.sh" "$BED_ROOT/build/corpus/messages"
	/usr/bin/python3 - "$BED_ROOT/build/corpus/messages" "$MAILDIR/cur" \
		"${EVERY:-6}" >"$BED_TMP/names" <<-'PY'
		import os, random, shutil, sys
		root, cur, every = sys.argv[1], sys.argv[2], int(sys.argv[3])
		files = sorted("./" + os.path.relpath(os.path.join(d, f), root)
		               for d, _, names in os.walk(root) for f in names
		               if f.endswith(".eml"))[::every]
		rng = random.Random(1)
		for n, file in enumerate(files, 1):
		    flags = "".join(c for c in "DFPRST" if rng.random() < .3)
		    path = "%s/%d.M%dP1.bed:2,%s" % (cur, 1700000000 + n, n, flags)
		    shutil.copyfile(os.path.join(root, file), path)
		    when = 946684800 + rng.randrange(800000000)
		    os.utime(path, (when, when))
		    print(file, path, flags, sep="\t")
	PY
	if bed_root; then
		chown -R "$BED_USER": "$MAILDIR"
	fi
}

# answers_right OPTION...: as the user, UTC, on the mailbox of corpus_box.
answers_right() {
	env TZ=UTC /usr/bin/python3 "$BED_ROOT/tests/search/reference.py" \
		--seed "${SEED:-1}" "$@"
}

@test "500 random programs, SORT and THREAD find what the RFCs say" {
	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
	local -a become=()

	bed_program imapd
	corpus_box
	if bed_root; then
		become=(setpriv "--reuid=$BED_USER"
			"--regid=$(id -g "$BED_USER")" --clear-groups)
	fi
	answers_right --queries "${QUERIES:-500}" -- \
		"$BED_TMP/names" env -i HOME="$BED_HOME" TZ=UTC \
		ASAN_OPTIONS="$ASAN_OPTIONS" "${become[@]}" \
		"$BED_BIN/imapd" "--maildir=$MAILDIR" \
		"--cache=$BED_HOME/.cache/stdmail"
}

@test "Dovecot agrees, but for what differences.txt explains" {
	[[ -n ${CORPUS:-} ]] || skip "CORPUS names no messages"
	need_root "Dovecot"
	corpus_box
	dovecot_start
	answers_right --queries 200 --other "127.0.0.1:$DOVECOT_IMAP" \
		"$BED_USER" "$BED_PASSWORD" -- "$BED_TMP/names"
}
