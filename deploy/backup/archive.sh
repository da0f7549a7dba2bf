#!/bin/sh
# Keeps one file of WAL, whole, on disk, and never in the place of another.
#   archive_command = '/srv/scrm/deploy/backup/archive.sh "%p" "%f" /backup/wal'
set -eu
umask 027
[ $# = 3 ] || { echo "usage: $0 FILE NAME FOLDER" >&2 && exit 2; }
file=$1 kept=$3/$2

if [ -e "$kept" ]; then
    # PostgreSQL asks again when it was killed before it knew: the same is all right.
    cmp -s "$file" "$kept" && exit 0
    echo "$kept is there already, and holds something else" >&2
    exit 1
fi
half=$3/.$2.$$
trap 'rm -f "$half"' EXIT
dd if="$file" of="$half" bs=1048576 conv=fsync 2>/dev/null
ln "$half" "$kept" # fails where another was faster
sync "$3"
