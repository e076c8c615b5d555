#!/bin/bash
#
# unpack.sh DEST: all messages of $CORPUS below DEST, one file each, *.eml; an
# mbox NAME.mbox becomes NAME.split/00001.eml and so on.  Done once, whoever
# asks first.

set -euo pipefail

dest=$1
mkdir -p "$dest"
exec 9>"$dest/.lock"
flock 9
if [[ -e $dest/.done ]]; then
	exit 0
fi
for archive in "$CORPUS"/*.tar.gz; do
	tar -xzf "$archive" -C "$dest"
done
cp -R "$CORPUS"/*/ "$dest"
find "$dest" -name '*.mbox' -type f | while read -r mbox; do
	split=${mbox%.mbox}.split
	mkdir -p "$split"
	LC_ALL=C awk '/^From / { close(f); f = sprintf("%s/%05d.eml", d, ++n); next }
		f { print > f }' d="$split" "$mbox"
done
touch "$dest/.done"
