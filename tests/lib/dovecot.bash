# shellcheck shell=bash
#
# Debian's Dovecot as the reference, on the same Maildir: its own directory,
# its own ports, one process tree that ends with the test.
#
#	load ../lib/bed
#	load ../lib/dovecot
#
# dovecot_start sets DOVECOT_IMAP and DOVECOT_POP3 (ports on 127.0.0.1); the
# user is $BED_USER with $BED_PASSWORD.

dovecot_start() {
	local dir=$BED_TMP/dovecot

	need_root "Dovecot"
	need dovecot doveadm
	DOVECOT_IMAP=$(free_port)
	DOVECOT_POP3=$(free_port)
	while [[ $DOVECOT_POP3 == "$DOVECOT_IMAP" ]]; do
		DOVECOT_POP3=$(free_port)
	done
	rm -rf "$dir"
	mkdir -p "$dir"
	DOVECOT_CONF=$dir/dovecot.conf
	cat >"$DOVECOT_CONF" <<-EOT
		base_dir = $dir/run
		state_dir = $dir/state
		log_path = $dir/log
		ssl = no
		disable_plaintext_auth = no
		protocols = imap pop3
		listen = 127.0.0.1
		auth_mechanisms = plain login
		first_valid_uid = 1
		mail_location = maildir:~/Maildir
		maildir_stat_dirs = no
		namespace inbox {
		  inbox = yes
		}
		passdb {
		  driver = static
		  args = password=$BED_PASSWORD
		}
		userdb {
		  driver = passwd
		}
		service imap-login {
		  inet_listener imap {
		    port = $DOVECOT_IMAP
		  }
		  inet_listener imaps {
		    port = 0
		  }
		}
		service pop3-login {
		  inet_listener pop3 {
		    port = $DOVECOT_POP3
		  }
		  inet_listener pop3s {
		    port = 0
		  }
		}
		service stats {
		  unix_listener stats-writer {
		    mode = 0666
		  }
		}
		${DOVECOT_EXTRA:-}
	EOT
	chmod 755 "$dir"
	dovecot -F -c "$DOVECOT_CONF" </dev/null >"$dir/out" 2>&1 3>&- &
	DOVECOT_PID=$!
	bed_remember $DOVECOT_PID
	if ! wait_for_port "$DOVECOT_IMAP" 10 ||
		! wait_for_port "$DOVECOT_POP3" 10; then
		cat "$dir/out" "$dir/log"
		return 1
	fi
}

dovecot_stop() {
	stop_server "$DOVECOT_PID"
}

# beside_dovecot_imap, beside_dovecot_pop3: what follows runs with Dovecot as
# connection 9: beside_dovecot_imap login_imap <transcript
# shellcheck disable=SC2034
beside_dovecot_imap() {
	TALK_EXTRA=(--beside "127.0.0.1:$DOVECOT_IMAP"
		--beside-prelude "$IMAP_LOGIN")
	"$@"
}

# shellcheck disable=SC2034
beside_dovecot_pop3() {
	TALK_EXTRA=(--beside "127.0.0.1:$DOVECOT_POP3"
		--beside-prelude "$POP3_LOGIN")
	"$@"
}

# dovecot_imap <transcript, logged in
dovecot_imap() {
	bed_talk --prelude "$IMAP_LOGIN" --connect "127.0.0.1:$DOVECOT_IMAP"
}

# dovecot_pop3 <transcript, logged in
dovecot_pop3() {
	bed_talk --prelude "$POP3_LOGIN" --connect "127.0.0.1:$DOVECOT_POP3"
}
