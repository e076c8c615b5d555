#!/usr/bin/env bats
#
# Certificate, key, and what may be negotiated (RFC 7525, RFC 8314 4.1).

load ../lib/bed
load tls

@test "chains of both kinds lead to the root, over TLS 1.2 and 1.3" {
	local pair

	for pair in ec rsa; do
		start_server imapd --tls=implicit \
			"--cert=$BED_TMP/$pair.crt" "--key=$BED_TMP/$pair.key"
		run -0 tls_peer -tls1_3
		[[ $output == *"Protocol version: TLSv1.3"*"Verification: OK"* ]]
		run -0 tls_peer -tls1_2
		[[ $output == *"Protocol version: TLSv1.2"*"Verification: OK"* ]]
		[[ $output == *"Ciphersuite: ECDHE-"* ]]
	done
}

@test "TLS 1.1 and weak ciphers are refused" {
	local -a weak

	tls_server pop3d --tls=implicit
	weak=(-cipher 'ALL:COMPLEMENTOFALL:@SECLEVEL=0')
	run -1 tls_peer -tls1_1 "${weak[@]}"
	[[ $output == *"alert protocol version"* ]]
	tls_logged 'tls-failed rhost=127.0.0.1 reason="?unsupported protocol'
	run -1 tls_peer -tls1 "${weak[@]}"
	run -1 tls_peer -tls1_2 -cipher 'eNULL:aNULL:3DES:RC4:@SECLEVEL=0'
	[[ $output == *"handshake failure"* ]]
	run -1 tls_peer -tls1_2 -cipher 'ALL:@SECLEVEL=0' -sigalgs RSA+SHA1:ECDSA+SHA1
}

@test "no renegotiation, no tickets" {
	tls_server pop3d --tls=implicit
	mkfifo "$BED_TMP/say"
	openssl s_client -connect "127.0.0.1:$BED_PORT" -tls1_2 \
		<"$BED_TMP/say" >"$BED_TMP/said" 2>&1 3>&- &
	bed_remember $!
	exec 8>"$BED_TMP/say"
	wait_for_line "$BED_TMP/said" '^\+OK'
	echo R >&8
	wait_for_line "$BED_TMP/said" 'no renegotiation'
	exec 8>&-
	run -1 grep 'TLS session ticket' "$BED_TMP/said"
	echo QUIT | openssl s_client -connect "127.0.0.1:$BED_PORT" -tls1_3 \
		-nocommands -ign_eof >"$BED_TMP/said3" 2>&1
	grep 'bye' "$BED_TMP/said3"
	run -1 grep 'New Session Ticket' "$BED_TMP/said3"
}

@test "the pair of the service's credentials is found without options" {
	mkdir "$BED_TMP/cred"
	cp "$BED_TMP/rsa.crt" "$BED_TMP/cred/tls.crt"
	cp "$BED_TMP/rsa.key" "$BED_TMP/cred/tls.key"
	chmod 400 "$BED_TMP/cred/tls.key"
	CREDENTIALS_DIRECTORY=$BED_TMP/cred imap <<-'EOT'
		S: * OK [CAPABILITY ... STARTTLS ...] ...
	EOT
	rm "$BED_TMP/cred/"*
	CREDENTIALS_DIRECTORY=$BED_TMP/cred imap <<-'EOT'
		S: * OK [CAPABILITY ...] ...
		C: a STARTTLS
		S: a NO...
	EOT
	# Not wanted, not missed.
	[[ ! -e $BED_TMP/talk.log ]] || ! grep 'no TLS' "$BED_TMP/talk.log"
	rmdir "$BED_TMP/cred"
}

# refused OPTION... REASON: STARTTLS is not offered and the log says why;
# with TLS from the start nothing is served.
refused() {
	local reason=${*: -1}

	set -- "${@:1:$#-1}"
	start_server imapd "$@"
	tls_talk <<-'EOT'
		S: * OK [CAPABILITY ...] ...
		C: a STARTTLS
		S: a NO...
		C: b LOGIN ${user} ${password}
		S: b OK...
	EOT
	tls_logged "no TLS: .*$reason"
	stop_server "$BED_PID"
	start_server imapd --tls=implicit "$@"
	tls_talk <<-'EOT'
		EOF
	EOT
	tls_logged "$reason"
	tls_logged 'died with code (0|78)'
	stop_server "$BED_PID"
}

@test "a pair that cannot be read: not offered, and told" {
	local t=$BED_TMP

	refused "--cert=$t/none.crt" "--key=$t/ec.key" 'none.crt: No such file'
	refused "--cert=$t/ec.crt" "--key=$t/none.key" 'none.key: No such file'
	refused "--cert=$t" "--key=$t/ec.key" 'not a regular file'
	refused "--cert=$t/ec.crt" '--cert=FILE and --key=FILE'
	: >"$t/empty"
	refused "--cert=$t/empty" "--key=$t/ec.key" 'not a regular file'
	mkfifo "$t/pipe"
	refused "--cert=$t/ec.crt" "--key=$t/pipe" 'not a regular file'
}

@test "a pair that does not work: not offered, and told" {
	local t=$BED_TMP

	refused "--cert=$t/ec.crt" "--key=$t/ca.key" 'private key: .*mismatch'
	refused "--cert=$t/ec.crt" "--key=$t/rsa.key" \
		'certificate and private key: '
	refused "--cert=$BED_MAIL/one.eml" "--key=$t/ec.key" \
		'certificate: no start line'
	refused "--cert=$t/ec.crt" "--key=$BED_MAIL/one.eml" 'private key: '
	openssl pkey -in "$t/ec.key" -aes128 -passout pass:x -out "$t/locked"
	refused "--cert=$t/ec.crt" "--key=$t/locked" 'private key: '
	sed '$d' "$t/ec.crt" >"$t/cut.crt"
	refused "--cert=$t/cut.crt" "--key=$t/ec.key" 'certificate: '
}

@test "without the files TLS from the start does not start: status 78" {
	local program

	for program in imapd pop3d; do
		run -78 "$BED_BIN/$program" --tls=implicit </dev/null
		[[ $output == *"--tls=implicit: TLS needs --cert=FILE"* ]]
		((${#lines[@]} == 1))
		run -78 "$BED_BIN/$program" --tls=implicit --cert=/none \
			--key=/none </dev/null
		[[ $output == *"--tls=implicit: /none: No such file"* ]]
	done
}

@test "only root can read the key, and need not be asked twice" {
	chmod 400 "$BED_TMP/ec.key"
	tls_server imapd
	run -0 tls_peer -starttls imap
	[[ $output == *"Verification: OK"* ]]
}

@test "a renewed certificate is served from the next connection on" {
	cp "$BED_TMP/ec.crt" "$BED_TMP/now.crt"
	cp "$BED_TMP/ec.key" "$BED_TMP/now.key"
	start_server imapd --tls=implicit "--cert=$BED_TMP/now.crt" \
		"--key=$BED_TMP/now.key"
	run -0 tls_peer
	[[ $output == *"Signature type: ECDSA"* ]]
	cp "$BED_TMP/rsa.crt" "$BED_TMP/now.crt"
	cp "$BED_TMP/rsa.key" "$BED_TMP/now.key"
	run -0 tls_peer
	[[ $output == *"Signature type: RSA-PSS"* ]]
}

@test "--tls=off offers nothing, whatever else is given" {
	tls_server imapd --tls=off
	tls_talk <<-'EOT'
		S: * OK [CAPABILITY ...] ...
		C: a STARTTLS
		S: a NO...
	EOT
}
