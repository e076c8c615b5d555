# shellcheck shell=bash
#
# A whole small Debian under systemd as PID 1, in a container: what is shipped
# in units/, installed by "make install", with real users and a real journal.
#
#	load ../lib/bed
#	load ../lib/nspawn
#
# The root tree is made once (half a minute) and kept outside of the source,
# in $STDMAIL_TEST_CACHE, default /var/cache/stdmail-test.  Each container
# works on an overlay that vanishes with it; booting takes half a second.
#
# What can go wrong: cgroups (the container gets its own in each hierarchy,
# removed at the end; where none can be made, the tests are skipped); a hanging
# boot (deadline); a tree cut off while it was made (it is unpacked beside its
# place and renamed).

SYSTEM_CACHE=${STDMAIL_TEST_CACHE:-/var/cache/stdmail-test}
SYSTEM_TREE=$SYSTEM_CACHE/bookworm
SYSTEM_PACKAGES=systemd,systemd-sysv,dbus,libpam-modules,libpam-runtime
SYSTEM_PACKAGES+=,passwd,iproute2,procps,libsystemd0,liblmdb0,libssl3,zlib1g
SYSTEM_PACKAGES+=,libutf8proc2,libzstd1,libpam0g

# The hierarchies that systemd uses here: two, or the one of newer systems.
system_cgroups() {
	local h

	for h in /sys/fs/cgroup/{systemd,unified}; do
		[[ ! -d $h ]] || echo "$h"
	done
	[[ -d /sys/fs/cgroup/systemd ]] || echo /sys/fs/cgroup
}

system_tree() {
	[[ ! -d $SYSTEM_TREE ]] || return 0
	mkdir -p "$SYSTEM_CACHE"
	rm -rf "$SYSTEM_TREE.new"
	mmdebstrap --quiet --variant=minbase --include="$SYSTEM_PACKAGES" \
		bookworm "$SYSTEM_TREE.new" >"$BED_TMP/mmdebstrap.log" 2>&1 || {
		tail -n 20 "$BED_TMP/mmdebstrap.log"
		return 1
	}
	mv "$SYSTEM_TREE.new" "$SYSTEM_TREE"
}

# What runs inside: installs what was built, and waits to be told to stop.
system_service() {
	cat >"$1/etc/systemd/system/bed.service" <<-'EOT'
		[Unit]
		Wants=multi-user.target
		After=multi-user.target
		SuccessAction=exit-force
		FailureAction=exit-force
		[Service]
		Type=oneshot
		TimeoutStartSec=infinity
		StandardOutput=truncate:/bed/out.log
		StandardError=inherit
		ExecStart=/bed/run
	EOT
}

# system_start: boot; sets SYSTEM_PID, the container's PID 1 as seen by us.
system_start() {
	local dir=$BED_TMP/system name=${BED_TMP##*.} h

	need_root "a container"
	need systemd-nspawn mmdebstrap nsenter
	system_tree
	mkdir -p "$dir/bed"
	make -s -C "$BED_ROOT" B="$BED_BUILD" DESTDIR="$dir/bed/install" \
		PREFIX=/usr install >"$dir/install.log" 2>&1 || {
		cat "$dir/install.log"
		return 1
	}
	system_service "$SYSTEM_TREE"
	cat >"$dir/bed/run" <<-'EOT'
		#!/bin/sh
		set -e
		ip link set lo up
		cp -a /bed/install/. /
		systemd-sysusers
		systemctl daemon-reload
		echo up >/bed/ready
		cat /bed/stop
	EOT
	chmod +x "$dir/bed/run"
	rm -f "$dir/bed/ready"
	mkfifo "$dir/bed/stop"
	for h in $(system_cgroups); do
		mkdir "$h/bed.$name" 2>/dev/null ||
			skip "no cgroup for a container"
	done
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 bash -c '
		for h in $4; do
			echo $$ >"$h/bed.$1/cgroup.procs"
		done
		exec systemd-nspawn -q -D "$2" --register=no --keep-unit \
			--private-network --volatile=overlay \
			--bind="$3/bed:/bed" --console=pipe -M "bed-$1" -b \
			systemd.unit=bed.service systemd.show_status=0' \
		nspawn "$name" "$SYSTEM_TREE" "$dir" "$(system_cgroups)" \
		</dev/null >"$dir/nspawn.log" 2>&1 3>&- &
	SYSTEM_NSPAWN=$!
	bed_remember $SYSTEM_NSPAWN
	wait_until 30 test -e "$dir/bed/ready" || {
		cat "$dir/nspawn.log" "$dir/bed/out.log"
		return 1
	}
	SYSTEM_PID=$(pgrep -P "$SYSTEM_NSPAWN")
}

# inside COMMAND...: in the container, as its root.
inside() {
	nsenter -t "$SYSTEM_PID" -a -- "$@"
}

# inside_net COMMAND...: ours, but with the container's network.
inside_net() {
	nsenter -t "$SYSTEM_PID" -n -- "$@"
}

system_stop() {
	local h

	[[ -n ${SYSTEM_NSPAWN:-} ]] || return 0
	timeout 2 bash -c "echo >'$BED_TMP/system/bed/stop'" || :
	wait_until 10 bed_gone "$SYSTEM_NSPAWN" || kill "$SYSTEM_NSPAWN"
	wait "$SYSTEM_NSPAWN" 2>/dev/null || :
	for h in $(system_cgroups); do
		find "$h/bed.${BED_TMP##*.}" -depth -type d \
			-exec rmdir {} + 2>/dev/null || :
	done
}
