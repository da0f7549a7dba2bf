#!/bin/sh
# Puts the database of a moment into an empty folder, ready to be started.
#   restore.sh FOLDER TARGET ['2026-11-25 14:55:00+08']
# FOLDER is what base.sh and archive.sh have filled. Without a moment everything that
# was archived comes back. When the server starts it replays the WAL up to the moment
# and opens a new timeline, by which the product notices that it was restored.
# Run it as the account that is to run the server.
set -eu
umask 077
[ $# = 2 ] || [ $# = 3 ] || { echo "usage: $0 FOLDER TARGET [MOMENT]" >&2 && exit 2; }
folder=$(cd -- "$1" && pwd) target=$2 moment=${3:-}

if [ -e "$target" ] && [ -n "$(ls -A -- "$target")" ]; then
    echo "$target is not empty: nothing is written over" >&2
    exit 1
fi
until=99991231T235959Z
[ -z "$moment" ] || until=$(date -u -d "$moment" +%Y%m%dT%H%M%SZ)
copies() { find "$folder/base" -mindepth 1 -maxdepth 1 -name '2*Z' -exec basename {} \;; }
base=$(copies | sort | awk -v until="$until" '$0 <= until' | tail -n 1)
[ -n "$base" ] || { echo "no copy in $folder/base is of before $moment" >&2 && exit 1; }

mkdir -p -- "$target"
cp -R -- "$folder/base/$base/." "$target/"
chmod -R go-rwx -- "$target"
cat >>"$target/postgresql.auto.conf" <<END
restore_command = 'cp "$folder/wal/%f" "%p"'
recovery_target_time = '$moment'
recovery_target_action = 'promote'
recovery_target_timeline = 'latest'
END
: >"$target/recovery.signal"
echo "$target holds $base; its server replays the WAL ${moment:+up to $moment }when it starts"
