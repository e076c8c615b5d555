# Programs that people fetch their mail with take a whole maildrop over POP3.

# One test takes fewer messages than the others.
# shellcheck disable=SC2030,SC2031

load ../lib/bed
load clients

MESSAGES=(one.eml two.eml three.eml utf8.eml forwarded.eml html.eml 8bit.eml
	crlf.eml dots.eml nonl.eml emptybody.eml)

setup() {
	need_root "a login through PAM"
	bed_setup
	maildir_put "${MESSAGES[@]}"
	start_server pop3d
	OUT=$BED_HOME/out
	as_user mkdir "$OUT"
}

# all_there [-h HEADER]: every message arrived as it was.
all_there() {
	there "$@" "$OUT" "${MESSAGES[@]}"
}

@test "fetchmail takes the maildrop and leaves it empty" {
	need fetchmail
	rc fetchmailrc <<-EOT
		set no syslog
		set invisible
		poll 127.0.0.1 protocol pop3 port $BED_PORT auth password
		user "$BED_USER" password "$BED_PASSWORD" is "$BED_USER" here
		sslproto '' nokeep fetchall no rewrite
		mda "sh -c 'cat >\$(mktemp $OUT/XXXXXX)'"
	EOT
	run as_user fetchmail -f "$BED_HOME/fetchmailrc" \
		-i "$BED_HOME/fetchids"
	echo "$output"
	((status == 0))
	all_there
	[[ $(maildir_count) == 0 ]]
}

@test "fetchmail that keeps mail fetches it only once" {
	need fetchmail
	rc fetchmailrc <<-EOT
		set no syslog
		set invisible
		poll 127.0.0.1 protocol pop3 port $BED_PORT auth password uidl
		user "$BED_USER" password "$BED_PASSWORD" is "$BED_USER" here
		sslproto '' keep no rewrite
		mda "sh -c 'cat >\$(mktemp $OUT/XXXXXX)'"
	EOT
	as_user fetchmail -f "$BED_HOME/fetchmailrc" -i "$BED_HOME/fetchids"
	all_there
	# 1 is fetchmail's "no mail".
	run -1 as_user fetchmail -f "$BED_HOME/fetchmailrc" \
		-i "$BED_HOME/fetchids"
	all_there
	[[ $(maildir_count) == "${#MESSAGES[@]}" ]]
}

@test "getmail6 takes the maildrop and leaves it empty" {
	need getmail
	as_user mkdir -p "$OUT/cur" "$OUT/new" "$OUT/tmp"
	rc getmailrc <<-EOT
		[retriever]
		type = SimplePOP3Retriever
		server = 127.0.0.1
		port = $BED_PORT
		username = $BED_USER
		password = $BED_PASSWORD
		[destination]
		type = Maildir
		path = $OUT/
		[options]
		delete = true
		delivered_to = false
		received = false
	EOT
	# It writes multiparts anew, with empty lines of its own.
	MESSAGES=(one.eml two.eml utf8.eml 8bit.eml crlf.eml dots.eml nonl.eml)
	rm "$MAILDIR"/new/*
	maildir_put "${MESSAGES[@]}"
	as_user getmail --getmaildir="$BED_HOME" --rcfile=getmailrc
	all_there -h Return-Path
	[[ $(maildir_count) == 0 ]]
}

@test "mpop takes the maildrop, pipelined, and leaves it empty" {
	need mpop
	as_user mkdir -p "$OUT/cur" "$OUT/new" "$OUT/tmp"
	rc mpoprc <<-EOT
		account default
		host 127.0.0.1
		port $BED_PORT
		tls off
		auth user
		user $BED_USER
		password $BED_PASSWORD
		keep off
		received_header off
		uidls_file $BED_HOME/uidls
		delivery maildir $OUT
	EOT
	as_user mpop -C "$BED_HOME/mpoprc"
	all_there
	[[ $(maildir_count) == 0 ]]
}

@test "curl lists the maildrop and fetches every message" {
	local n=0 message

	need curl
	run -0 curl -sS -u "$BED_USER:$BED_PASSWORD" \
		"pop3://127.0.0.1:$BED_PORT/"
	[[ ${#lines[@]} == "${#MESSAGES[@]}" ]]
	for message in "${MESSAGES[@]}"; do
		n=$((n + 1))
		curl -sS -u "$BED_USER:$BED_PASSWORD" -o "$OUT/$message" \
			"pop3://127.0.0.1:$BED_PORT/$n"
	done
	all_there
	[[ $(maildir_count) == "${#MESSAGES[@]}" ]]
}

@test "poplib sees sizes, unique ids, TOP and every octet" {
	/usr/bin/python3 - "$BED_PORT" "$BED_USER" "$BED_PASSWORD" \
		"${MESSAGES[@]/#/$BED_MAIL/}" <<-'PY'
		import poplib, re, sys
		port, user, password, *paths = sys.argv[1:]
		sent = [re.sub(rb"\r?\n", b"\r\n", open(p, "rb").read())
		        for p in paths]
		sent = [m if m.endswith(b"\r\n") else m + b"\r\n" for m in sent]
		pop = poplib.POP3("127.0.0.1", int(port), timeout=10)
		pop.user(user)
		pop.pass_(password)
		assert pop.stat() == (len(sent), sum(map(len, sent)))
		sizes = [int(line.split()[1]) for line in pop.list()[1]]
		assert sizes == [len(m) for m in sent], sizes
		ids = [line.split()[1] for line in pop.uidl()[1]]
		assert len(set(ids)) == len(ids)
		for n, message in enumerate(sent, 1):
		    lines = pop.retr(n)[1]
		    assert b"".join(l + b"\r\n" for l in lines) == message, n
		    head, _, body = message.partition(b"\r\n\r\n")
		    top = pop.top(n, 1)[1]
		    assert b"\r\n".join(top).startswith(head), n
		    assert len(top) <= head.count(b"\r\n") + 3, top
		    assert pop.uidl(n).split()[2] == ids[n - 1]
		for n in range(1, len(sent) + 1):
		    pop.dele(n)
		pop.rset()
		pop.dele(1)
		pop.quit()
	PY
	[[ $(maildir_count) == $((${#MESSAGES[@]} - 1)) ]]
}
