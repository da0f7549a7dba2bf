"""The tables in which the sandbox corp keeps its true state.

They lie in one SQLite file, or in memory. A follow is in one of these relations:
`half` (added, not yet confirmed), `mutual`, `left` (the customer deleted the
employee), `dropped` (the employee deleted the customer), `transferred` (gone to
another employee). The API shows `mutual` and `left` (wecom-api.md 1.4).
"""

import sqlite3

# A different number means that the tables have changed and old files are useless.
VERSION = 7

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE department (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL DEFAULT '',
    parentid INTEGER NOT NULL, "order" INTEGER NOT NULL DEFAULT 0);

CREATE TABLE employee (
    userid TEXT PRIMARY KEY COLLATE NOCASE, name TEXT NOT NULL,
    alias TEXT NOT NULL DEFAULT '', position TEXT NOT NULL DEFAULT '',
    mobile TEXT NOT NULL DEFAULT '', gender INTEGER NOT NULL DEFAULT 0,
    email TEXT NOT NULL DEFAULT '', direct_leader TEXT NOT NULL DEFAULT '',
    main_department INTEGER NOT NULL DEFAULT 1, status INTEGER NOT NULL DEFAULT 1,
    serves INTEGER NOT NULL DEFAULT 1, console_welcome INTEGER NOT NULL DEFAULT 0,
    room INTEGER NOT NULL DEFAULT 5000, resigned_at INTEGER);

CREATE TABLE membership (
    userid TEXT NOT NULL COLLATE NOCASE, department INTEGER NOT NULL,
    "order" INTEGER NOT NULL DEFAULT 0, leads INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (userid, department))
    WITHOUT ROWID;
CREATE INDEX members_of_department ON membership (department);

CREATE TABLE person (
    id INTEGER PRIMARY KEY, external_userid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, type INTEGER NOT NULL DEFAULT 1,
    gender INTEGER NOT NULL DEFAULT 0, unionid TEXT NOT NULL DEFAULT '',
    avatar TEXT NOT NULL DEFAULT '', corp_name TEXT NOT NULL DEFAULT '',
    corp_full_name TEXT NOT NULL DEFAULT '', position TEXT NOT NULL DEFAULT '',
    refuses INTEGER NOT NULL DEFAULT 0);

CREATE TABLE follow (
    id INTEGER PRIMARY KEY AUTOINCREMENT, userid TEXT NOT NULL COLLATE NOCASE,
    external_userid TEXT NOT NULL, relation TEXT NOT NULL,
    remark TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
    remark_corp_name TEXT NOT NULL DEFAULT '',
    remark_mobiles TEXT NOT NULL DEFAULT '[]', oper_userid TEXT NOT NULL DEFAULT '',
    add_way INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '',
    createtime INTEGER NOT NULL, ended_at INTEGER,
    wechat_channels TEXT NOT NULL DEFAULT '', UNIQUE (userid, external_userid));
CREATE INDEX follows_of_person ON follow (external_userid);
CREATE INDEX listed_follows ON follow (userid, id)
    WHERE relation IN ('mutual', 'left');

CREATE TABLE tag_group (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    create_time INTEGER NOT NULL, "order" INTEGER NOT NULL DEFAULT 0,
    strategy_id INTEGER, made_by TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0);

CREATE TABLE tag (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    group_id TEXT NOT NULL, name TEXT NOT NULL, create_time INTEGER NOT NULL,
    "order" INTEGER NOT NULL DEFAULT 0, made_by TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX tags_of_group ON tag (group_id);

CREATE TABLE tagging (
    follow INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (follow, tag))
    WITHOUT ROWID;
CREATE INDEX taggings_of_tag ON tagging (tag);

CREATE TABLE personal_tag (
    follow INTEGER NOT NULL, group_name TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (follow, group_name, name)) WITHOUT ROWID;

CREATE TABLE group_chat (
    id INTEGER PRIMARY KEY, chat_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL COLLATE NOCASE,
    create_time INTEGER NOT NULL, notice TEXT NOT NULL DEFAULT '',
    status INTEGER NOT NULL DEFAULT 0, internal INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1, dismissed_at INTEGER);
CREATE INDEX chats_of_owner ON group_chat (owner);

CREATE TABLE group_member (
    chat_id TEXT NOT NULL, member TEXT NOT NULL, type INTEGER NOT NULL,
    join_time INTEGER NOT NULL, join_scene INTEGER NOT NULL DEFAULT 1,
    invitor TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '',
    nickname TEXT NOT NULL DEFAULT '', admin INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, member)) WITHOUT ROWID;
CREATE INDEX groups_of_member ON group_member (member);

CREATE TABLE transfer (
    id INTEGER PRIMARY KEY, handover TEXT NOT NULL COLLATE NOCASE,
    takeover TEXT NOT NULL COLLATE NOCASE, external_userid TEXT NOT NULL,
    resigned INTEGER NOT NULL, status INTEGER NOT NULL DEFAULT 2,
    started_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
    takeover_time INTEGER NOT NULL);
CREATE INDEX transfers_of_person ON transfer (external_userid);
CREATE INDEX transfers_of_pair ON transfer (handover, takeover);

CREATE TABLE group_transfer (
    id INTEGER PRIMARY KEY, chat_id TEXT NOT NULL, owner TEXT NOT NULL COLLATE NOCASE,
    new_owner TEXT NOT NULL COLLATE NOCASE, on_job INTEGER NOT NULL,
    at INTEGER NOT NULL);
CREATE INDEX group_transfers_of_taker ON group_transfer (new_owner, at);
CREATE INDEX group_transfers_of_chat ON group_transfer (chat_id);

CREATE TABLE unassigned (
    id INTEGER PRIMARY KEY, handover TEXT NOT NULL COLLATE NOCASE,
    external_userid TEXT NOT NULL, dimission_time INTEGER NOT NULL,
    UNIQUE (handover, external_userid));

CREATE TABLE welcome (
    code TEXT PRIMARY KEY, userid TEXT NOT NULL, external_userid TEXT NOT NULL,
    issued_at REAL NOT NULL, outcome TEXT NOT NULL DEFAULT '',
    busy_until REAL NOT NULL DEFAULT 0, sent_at REAL, message TEXT) WITHOUT ROWID;

CREATE TABLE contact_way (
    row INTEGER PRIMARY KEY, config_id TEXT NOT NULL UNIQUE, type INTEGER NOT NULL,
    scene INTEGER NOT NULL, style INTEGER, remark TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT '', skip_verify INTEGER NOT NULL DEFAULT 1,
    is_exclusive INTEGER NOT NULL DEFAULT 0, mark_source INTEGER NOT NULL DEFAULT 1,
    users TEXT NOT NULL DEFAULT '[]', parties TEXT NOT NULL DEFAULT '[]',
    qr_code TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL);
CREATE INDEX contact_ways_by_state ON contact_way (state);

CREATE TABLE acquisition_link (
    row INTEGER PRIMARY KEY, link_id TEXT NOT NULL UNIQUE, link_name TEXT NOT NULL,
    url TEXT NOT NULL, skip_verify INTEGER NOT NULL DEFAULT 1,
    mark_source INTEGER NOT NULL DEFAULT 1, users TEXT NOT NULL DEFAULT '[]',
    parties TEXT NOT NULL DEFAULT '[]', created_at INTEGER NOT NULL);

CREATE TABLE acquisition_click (link_id TEXT NOT NULL, at INTEGER NOT NULL);

CREATE TABLE acquisition_customer (
    row INTEGER PRIMARY KEY, link_id TEXT NOT NULL, external_userid TEXT NOT NULL,
    userid TEXT NOT NULL, state TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL,
    chat_status INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,
    chat_key TEXT NOT NULL DEFAULT '', key_at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX customers_of_link ON acquisition_customer (link_id);

CREATE TABLE join_way (
    row INTEGER PRIMARY KEY, config_id TEXT NOT NULL UNIQUE, scene INTEGER NOT NULL,
    remark TEXT NOT NULL DEFAULT '', auto_create_room INTEGER NOT NULL DEFAULT 1,
    room_base_name TEXT NOT NULL DEFAULT '', room_base_id INTEGER NOT NULL DEFAULT 1,
    chats TEXT NOT NULL DEFAULT '[]', state TEXT NOT NULL DEFAULT '',
    mark_source INTEGER NOT NULL DEFAULT 1, qr_code TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL);

CREATE TABLE message (
    row INTEGER PRIMARY KEY, msgid TEXT NOT NULL UNIQUE, users TEXT NOT NULL,
    content TEXT NOT NULL, sent_at INTEGER NOT NULL);

CREATE TABLE media (
    media_id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
    size INTEGER NOT NULL, created_at REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE login (
    code TEXT PRIMARY KEY, userid TEXT NOT NULL, issued_at REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE mini_login (
    code TEXT PRIMARY KEY, openid TEXT NOT NULL, unionid TEXT NOT NULL,
    issued_at REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE mini_phone (
    code TEXT PRIMARY KEY, phone TEXT NOT NULL, issued_at REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE token (
    token TEXT PRIMARY KEY, app TEXT NOT NULL, expires_at REAL NOT NULL)
    WITHOUT ROWID;
"""


class StateInUse(Exception):
    """Another sandbox corp is running on this state file."""


def open_database(path: str) -> sqlite3.Connection:
    """The corp's database, its tables made if they were not there.

    Raises StateInUse if another process has the file, ValueError if the file was
    written by another version.
    """
    database = sqlite3.connect(
        path, check_same_thread=False, isolation_level=None, timeout=1
    )
    database.row_factory = sqlite3.Row
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        # A crash of the machine may cost the last acts; a killed process none.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -65536")
        database.execute("PRAGMA temp_store = MEMORY")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(f"BEGIN; {TABLES} PRAGMA user_version={VERSION};")
            database.execute("COMMIT")
            version = VERSION
    except sqlite3.OperationalError as error:
        database.close()
        if "locked" in str(error):
            raise StateInUse(f"Another sandbox corp is running on {path}.") from error
        raise
    if version != VERSION:
        database.close()
        raise ValueError(f"{path} was written by another version; start with --fresh.")
    return database


def empty(database: sqlite3.Connection) -> None:
    """Forget everything; the tables stay."""
    tables = database.execute(
        "SELECT name FROM sqlite_master"
        " WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    for table in tables:
        database.execute(f"DELETE FROM {table['name']}")
