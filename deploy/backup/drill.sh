#!/bin/sh
# Restores the newest backup to a place of its own, looks at it, and writes a report.
#   drill.sh FOLDER
# The report is FOLDER/drill/DATE.txt; only a drill that went well renews
# FOLDER/drill/drill.prom, in the format of Prometheus, whose age overdue.sh looks at.
# DATABASE is the name of the database in it (scrm); SCRM_RUN, how the product is run
# (its ./run); PG_BIN, where PostgreSQL's programs are. Not for root.
set -eu
umask 027
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2 && exit 2; }
PATH=${PG_BIN:+$PG_BIN:}$PATH
here=$(cd -- "$(dirname -- "$0")" && pwd)
folder=$(cd -- "$1" && pwd)
name=${DATABASE:-scrm}
run=${SCRM_RUN:-$here/../../run}
mkdir -p "$folder/drill"
report=$folder/drill/$(date -u +%Y%m%dT%H%M%SZ).txt
place=$(mktemp -d)
data=$place/data

clear_away() {
    pg_ctl -D "$data" -m immediate -s stop >/dev/null 2>&1 || :
    rm -rf "$place"
}
trap clear_away EXIT
trap 'exit 1' INT TERM HUP

ask() { psql -X -A -t -v ON_ERROR_STOP=1 -h "$place" -U "$owner" -d "$name" -c "$1"; }

drill() {
    "$here/restore.sh" "$folder" "$data"
    # Nobody but this drill gets in, and it archives nothing.
    echo 'local all all trust' >"$data/pg_hba.conf"
    [ -e "$data/postgresql.conf" ] || : >"$data/postgresql.conf"
    cat >>"$data/postgresql.auto.conf" <<END
listen_addresses = ''
unix_socket_directories = '$place'
archive_mode = off
hba_file = '$data/pg_hba.conf'
port = 5432
END
    pg_ctl -D "$data" -l "$place/log" -w -t 3600 -s start || { tail -n 20 "$place/log" && return 1; }
    while recovering=$(ask 'SELECT pg_is_in_recovery()'); [ "$recovering" = t ]; do sleep 1; done
    echo "newest commit: $(ask "SELECT coalesce(pg_last_xact_replay_timestamp()::text, 'the copy itself')")"
    ask "SELECT format('SELECT %L, count(*) FROM %s', c.oid::regclass, c.oid::regclass)
           FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
          ORDER BY c.relname" >"$place/counts.sql"
    psql -X -A -t -F ' ' -v ON_ERROR_STOP=1 -h "$place" -U "$owner" -d "$name" -f "$place/counts.sql"
    export DATABASE_URL="postgresql://$owner@/$name?host=$place"
    export DATABASE_REPLICA_URL=
    # shellcheck disable=SC2086 # it may be several words
    $run migrate --check
    # shellcheck disable=SC2086
    $run check --database default
}

began=$(date +%s)
owner=${PGUSER:-postgres}
outcome=FAILED
set +e # a condition would let the drill go on after a failure
(
    set -e
    drill
) >"$place/report" 2>&1
failed=$?
set -e
[ "$failed" != 0 ] || outcome=OK
{
    cat "$place/report"
    echo "took $(($(date +%s) - began)) seconds"
    echo "$outcome"
} >"$report.half"
mv "$report.half" "$report"
cat "$report"
[ "$outcome" = OK ] || exit 1
echo "scrm_restore_drill_timestamp_seconds $(date +%s)" >"$folder/drill/.prom.$$"
mv "$folder/drill/.prom.$$" "$folder/drill/drill.prom"
