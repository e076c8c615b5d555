#!/bin/bash
#
# deps.sh DIR PACKAGE... [-- PACKAGE...]
#
# Make sure that Debian packages are installed; those after "--" are only
# fetched and unpacked below DIR, because to install them would change more
# than we need: the two inetds exclude each other, and both are daemons that
# would start now and at every boot.
#
# What can go wrong, and what is done: without root nothing is installed, but
# everything may be there already; the package lists may be older than the
# mirror, so a failed installation is tried again after an update; a package
# may bring a daemon (dovecot), which must neither start nor be enabled.

set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

dir=$1
shift
install=()
fetch=()
while (($#)); do
	if [[ $1 == -- ]]; then
		shift
		fetch=("$@")
		break
	fi
	install+=("$1")
	shift
done

lacks() {
	[[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) != ii* ]]
}

apt() {
	apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# Debian asks this file before it starts a daemon; 101 is "no".
policy=/usr/sbin/policy-rc.d
quietly() {
	local status=0 made=

	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		made=1
	fi
	"$@" || status=$?
	if [[ -n $made ]]; then
		rm -f $policy
	fi
	return $status
}

missing=()
for package in "${install[@]}"; do
	if lacks "$package"; then
		missing+=("$package")
	fi
done

unpacked() {
	[[ -e $dir/$1.done ]]
}

absent=()
for package in "${fetch[@]}"; do
	if ! unpacked "$package"; then
		absent+=("$package")
	fi
done

if ((${#missing[@]} + ${#absent[@]} == 0)); then
	exit 0
fi

if ((EUID != 0 && ${#missing[@]})); then
	echo "missing packages, and only root can install them:"
	echo "    apt-get install ${missing[*]}"
	echo "going on with what is there"
fi

if ((EUID == 0 && ${#missing[@]})); then
	echo "installing: ${missing[*]}"
	add() {
		apt install -y --no-install-recommends "${missing[@]}"
	}
	log=$(mktemp)
	if ! quietly add >"$log" 2>&1 &&
		! { apt update && quietly add; } >"$log" 2>&1; then
		tail -n 40 "$log"
		rm "$log"
		exit 1
	fi
	rm "$log"
	if [[ -d /run/systemd/system && " ${missing[*]} " == *dovecot* ]]; then
		systemctl disable -q --now dovecot.socket dovecot.service || :
	fi
fi

if ((${#absent[@]})); then
	echo "fetching: ${absent[*]}"
	mkdir -p "$dir"
	cd "$dir"
	for package in "${absent[@]}"; do
		apt download "$package" 2>/dev/null || {
			echo "cannot fetch $package: its tests will be skipped"
			continue
		}
		dpkg -x "$package"_*.deb .
		rm "$package"_*.deb
		: >"$package.done"
	done
fi
