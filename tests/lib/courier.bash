# shellcheck shell=bash
#
# Debian's Courier on the same Maildir.  Its packages and Dovecot's exclude
# each other, so it is unpacked below build/ and laid over /usr and /etc in a
# mount namespace of its own, which ends with the test.
#
#	load ../lib/bed
#	load ../lib/courier
#
# courier_start sets COURIER_IMAP and COURIER_POP3 (ports on 127.0.0.1); the
# user is $BED_USER with $BED_PASSWORD.

COURIER=
for courier in "$BED_ROOT/build/debian" "$BED_ROOT/build/courier"; do
	if [[ -e $courier/courier-imap.done ]]; then
		COURIER=$courier
		break
	fi
done

# What runs inside: the configuration as Debian ships it, on our ports.
# shellcheck disable=SC2016
COURIER_SCRIPT='
set -e
unpacked=$1 dir=$2 imap=$3 pop3=$4
mount -t overlay overlay -o "lowerdir=$unpacked/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$dir/etc:/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/courier/authdaemon
sed -i "s/^IMAP_ULIMITD=.*/IMAP_ULIMITD=/" "$dir/etc/courier/imapd"
set -a
. /etc/courier/authdaemonrc
. /etc/courier/imapd
. /etc/courier/pop3d
prefix=/usr exec_prefix=/usr sbindir=/usr/sbin bindir=/usr/bin
lib=/usr/lib/courier
$lib/courier-authlib/authdaemond &
all=$!
/usr/sbin/couriertcpd -address=127.0.0.1 -nodnslookup -noidentlookup \
	"$imap" $lib/courier/imaplogin /usr/bin/imapd Maildir &
all="$all $!"
/usr/sbin/couriertcpd -address=127.0.0.1 -nodnslookup -noidentlookup \
	"$pop3" $lib/courier/courierpop3login $lib/courier/courierpop3d \
	Maildir &
all="$all $!"
trap "kill $all" TERM
wait
'

courier_start() {
	local dir=$BED_TMP/courier

	need_root "Courier"
	need unshare
	[[ -n $COURIER ]] || skip "Courier is not unpacked: make deps check"
	COURIER_IMAP=$(free_port)
	COURIER_POP3=$(free_port)
	while [[ $COURIER_POP3 == "$COURIER_IMAP" ]]; do
		COURIER_POP3=$(free_port)
	done
	rm -rf "$dir"
	mkdir -p "$dir/etc"
	cp -r "$COURIER/etc/courier" "$dir/etc"
	unshare -m --propagation private sh -c "$COURIER_SCRIPT" \
		courier "$COURIER" "$dir" "$COURIER_IMAP" "$COURIER_POP3" \
		</dev/null >"$dir/out" 2>&1 3>&- &
	COURIER_PID=$!
	bed_remember $COURIER_PID
	if ! wait_for_port "$COURIER_IMAP" 10 ||
		! wait_for_port "$COURIER_POP3" 10; then
		cat "$dir/out"
		return 1
	fi
}
