# shellcheck shell=bash
#
# Certificates of the run, servers with them, and dialogues under TLS.
#
#	load ../lib/bed
#	load tls
#
#	tls_server imapd --tls=implicit
#	tls_talk <<-'EOT'
#		TLS
#		S: * OK...
#	EOT
#
# $TLS_CA has signed everything: ec.crt (its key on a curve, with the
# intermediate certificate behind it) and rsa.crt, each with its .key.

# shellcheck disable=SC1091
. "$BED_ROOT/tests/privsep/client.bash"

TLS_CA=${BED_TMP:-}/ca.crt

setup_file() {
	bed_setup_file
	tls_certificates
}

setup() {
	need_root "a login through PAM"
	need openssl
	bed_setup
}

# tls_sign NAME SIGNER TYPE EXTENSION: NAME.crt and NAME.key.
tls_sign() {
	local -a key=(-newkey rsa:2048) by=()

	if [[ $3 == ec ]]; then
		key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
	fi
	if [[ $2 != "$1" ]]; then
		by=(-CA "$BED_TMP/$2.crt" -CAkey "$BED_TMP/$2.key")
	fi
	openssl req -x509 "${key[@]}" -nodes -days 2 "${by[@]}" \
		-subj "/CN=$1" -addext "$4" -keyout "$BED_TMP/$1.key" \
		-out "$BED_TMP/$1.crt" 2>/dev/null
}

tls_certificates() {
	local type

	tls_sign ca ca ec basicConstraints=critical,CA:TRUE || return 0
	tls_sign middle ca rsa basicConstraints=critical,CA:TRUE
	for type in ec rsa; do
		tls_sign $type middle $type subjectAltName=DNS:localhost
		cat "$BED_TMP/middle.crt" >>"$BED_TMP/$type.crt"
	done
}

# tls_server PROGRAM [OPTION...]: with the pair ec, unless options say more.
tls_server() {
	start_server "$1" "--cert=$BED_TMP/ec.crt" "--key=$BED_TMP/ec.key" \
		"${@:2}"
	export BED_LOG
}

# tls_talk [OPTION of talk.py...] <transcript
tls_talk() {
	bed_talk --ca "$TLS_CA" --connect "127.0.0.1:$BED_PORT" "$@" || {
		cat "$BED_LOG"
		return 1
	}
}

# tls_peer [OPTION of s_client...]: what a handshake says, in words.
tls_peer() {
	openssl s_client -connect "127.0.0.1:$BED_PORT" -CAfile "$TLS_CA" \
		-verify_return_error -verify_hostname localhost -brief "$@" \
		2>&1 </dev/null
}

# The log has a line for each connection.
tls_logged() {
	wait_for_line "$BED_LOG" "$1" || {
		cat "$BED_LOG"
		return 1
	}
}

# --- for RUN in a transcript: the processes of the latest connection --------

# Sets MONITOR, RELAY and SESSION: after login.
tls_processes() {
	local pid

	MONITOR=$(sed -nE 's/.* as PID ([0-9]+)\.$/\1/p' "$BED_LOG" | tail -n 1)
	for pid in $(children_of "$MONITOR"); do
		if [[ $(status "$pid" Uid) == "$(id -u "$BED_USER")"[[:space:]]* ]]; then
			SESSION=$pid
		else
			RELAY=$pid
		fi
	done
	[[ $MONITOR && $RELAY && $SESSION ]]
}

tls_maps() {
	grep -cE '/lib(ssl|crypto)\.so' "/proc/$1/maps"
}
