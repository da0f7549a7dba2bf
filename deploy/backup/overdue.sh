#!/bin/sh
# Says what is overdue, and fails: a copy of the database of the last 26 hours, WAL of
# the last ten minutes, a drill of the last eight days that went well.
#   overdue.sh FOLDER
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2 && exit 2; }
overdue=0

within() { # what, minutes, where, and which names
    [ -z "$(find "$3" -maxdepth 1 -name "$4" -mmin "-$2" 2>/dev/null | head -n 1)" ] || return 0
    echo "overdue: $1"
    overdue=1
}

within "a copy of the database (base.sh)" 1560 "$1/base" '2*Z'
within "an archived file of WAL (archive_command, archive_timeout)" 10 "$1/wal" '0*'
within "a restore drill that went well (drill.sh)" 11520 "$1/drill" drill.prom
exit $overdue
