# shellcheck shell=bash
#
# For what waits to be told: a server that the system gives no notices to.

# A system that has no notices left for this user: the limit of a namespace
# of its own says so.  Root is nobody special in there, so nobody can log in:
# on a pipe only.
without_inotify() {
	local real=$BED_BIN/imapd.real

	unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances' ||
		skip "no user namespaces here"
	mv "$BED_BIN/imapd" "$real"
	cat >"$BED_BIN/imapd" <<-EOT
		#!/bin/sh
		exec unshare -Ur sh -c '
			echo 0 >/proc/sys/user/max_inotify_instances &&
			exec unshare -U --map-user=12345 --map-group=12345 "\$0" "\$@"
		' $real --maildir=$MAILDIR --cache=$BED_HOME/.cache/stdmail "\$@"
	EOT
	chmod 755 "$BED_BIN/imapd"
}

# The server as it was.
teardown() {
	if [[ -e $BED_BIN/imapd.real ]]; then
		mv "$BED_BIN/imapd.real" "$BED_BIN/imapd"
	fi
	bed_teardown
}
