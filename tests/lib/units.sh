#!/bin/bash
#
# units.sh BUILD: let systemd itself read the units, with the programs of that
# build in their ExecStart lines (verify looks whether they are there), and
# hold the confinement of the accept-loop services against a threshold, so
# that it does not slip unseen.

set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."

bin=$(realpath "${1:-build}")/bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
shopt -s nullglob
units=(units/*.socket units/*.service)
for unit in "${units[@]}"; do
	sed -E "s|^(ExecStart=)[^ ]*/(pop3d\|imapd)|\1$bin/\2|" "$unit" \
		>"$dir/${unit##*/}"
done
cd "$dir"
((${#units[@]})) || exit 0
SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no -- * 2>&1 |
	tee messages
[[ ! -s messages ]]
for unit in *.service; do
	if [[ $unit != *@.service ]]; then
		systemd-analyze security --no-pager --offline=true \
			--threshold=40 "./$unit" >score || {
			tail -n 3 score
			exit 1
		}
	fi
done
