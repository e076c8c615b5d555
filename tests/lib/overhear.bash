# shellcheck shell=bash
#
# A relay between a client and imapd that holds every response to the grammar
# (overhear.py).
#
#	load ../lib/bed
#	load ../lib/overhear
#
#	start_server imapd
#	overhear		from here on $BED_PORT is the relay's
#	...
#	overheard 20		nothing wrong in 20 responses or more

overhear() {
	OVERHEARD=$BED_TMP/overheard
	rm -f "$OVERHEARD"
	/usr/bin/python3 "$BED_ROOT/tests/lib/overhear.py" \
		"127.0.0.1:$BED_PORT" "$OVERHEARD" \
		</dev/null 2>"$BED_TMP/overhear.log" 3>&- &
	bed_remember $!
	wait_for_line "$OVERHEARD" '^port ' || {
		cat "$BED_TMP/overhear.log"
		return 1
	}
	BED_PORT=$(sed -n 's/^port //p' "$OVERHEARD")
}

overheard_enough() {
	(($(awk '/responses/ { n += $1 } END { print n + 0 }' \
		"$OVERHEARD") >= $1))
}

# The last connection may be ending just now.
overheard() {
	wait_until 5 overheard_enough "$1" || {
		cat "$OVERHEARD" "$BED_TMP/overhear.log"
		return 1
	}
	cat "$BED_TMP/overhear.log"
	! grep error "$OVERHEARD" && [[ ! -s $BED_TMP/overhear.log ]]
}
