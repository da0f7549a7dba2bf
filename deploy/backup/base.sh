#!/bin/sh
# Copies the whole database while it runs, checks the copy, and keeps the last seven.
#   base.sh FOLDER
# The copy goes to FOLDER/base, named by the moment at which it was complete. WAL in
# FOLDER/wal that no copy needs any more is deleted. The database is found by DATABASE_URL
# or by libpq's own variables; the account needs the right REPLICATION. PG_BIN says
# where PostgreSQL's programs are, if not on PATH; KEEP, how many copies stay.
set -eu
umask 027
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2 && exit 2; }
PATH=${PG_BIN:+$PG_BIN:}$PATH
keep=${KEEP:-7}
mkdir -p "$1/base" "$1/wal"
half=$1/base/.half.$$
trap 'rm -rf "$half"' EXIT

pg_basebackup ${DATABASE_URL:+-d "$DATABASE_URL"} -D "$half" -X stream -c fast \
    --manifest-checksums=SHA256
pg_verifybackup -q "$half"
moment() { date -u +%Y%m%dT%H%M%SZ; }
name=$(moment)
while [ -e "$1/base/$name" ]; do sleep 1 && name=$(moment); done
mv "$half" "$1/base/$name"
sync "$1/base"
echo "$1/base/$name"

copies() { find "$1/base" -mindepth 1 -maxdepth 1 -name '2*Z' | sort; }
copies "$1" | sort -r | sed "1,${keep}d" | while read -r old; do rm -rf "$old"; done
oldest=$(copies "$1" | head -n 1)
first=$(sed -n 's/^START WAL LOCATION: .*(file \(.*\))$/\1/p' "$oldest/backup_label")
pg_archivecleanup "$1/wal" "$first"
