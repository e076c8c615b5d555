# imapflow, an IMAP client for programs, with everything it makes use of:
# CONDSTORE, QRESYNC, IDLE, COMPRESS, special uses, OBJECTID (imapflow.js).
# "make imapflow" puts it into build/, as its lock file names it.

load ../lib/bed
load ../lib/overhear

MESSAGES=(one.eml two.eml three.eml utf8.eml forwarded.eml html.eml 8bit.eml
	crlf.eml dots.eml nonl.eml emptybody.eml)

@test "imapflow does everything it can, and reads every octet" {
	need_root "a login through PAM"
	need node
	local modules=$BED_ROOT/build/imapflow/node_modules

	[[ -d $modules/imapflow ]] || skip "imapflow is not installed"
	maildir_make .Sent
	maildir_put -f S one.eml
	maildir_put "${MESSAGES[@]:1}"
	start_server imapd
	overhear
	mkdir "$BED_TMP/wire"
	cd "$BED_TMP/wire"
	NODE_PATH=$modules timeout 120 node \
		"$BED_ROOT/tests/clients/imapflow/imapflow.js" "$BED_PORT" \
		"$BED_USER" "$BED_PASSWORD" "${MESSAGES[@]/#/$BED_MAIL/}"
	# Nor does the strict parser find fault with what it read.
	/usr/bin/python3 "$BED_ROOT/tests/lib/grammar.py" raw.*
	overheard 100
}
