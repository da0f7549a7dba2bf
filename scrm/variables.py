"""The table of variables, grouped by who uses them."""

from scrm.environment import (
    Reach,
    Variable,
    aes_key,
    broker,
    comma_list,
    count,
    data_keys,
    database,
    digits,
    networks,
    one_of,
    text,
    web_address,
    yes_or_no,
)

STORAGE = [
    Variable(
        name="DATABASE_URL",
        meaning="The PostgreSQL database that keeps everything.",
        example="postgresql://scrm:secret@db.internal:5432/scrm",
        read=database,
        needed_from=Reach.DATABASE,
        secret=True,
    ),
    Variable(
        name="DATABASE_REPLICA_URL",
        meaning="A streaming replica of it that counts for the front page and for "
        "reports; away, or more than a minute behind, it is passed over.",
        example="postgresql://scrm:secret@replica.internal:5432/scrm",
        read=database,
        secret=True,
    ),
    Variable(
        name="BROKER_URL",
        meaning="Redis or Valkey (or RabbitMQ), which rings for the workers.",
        example="redis://broker.internal:6379/0",
        read=broker,
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
    Variable(
        name="SCRM_DATA_KEYS",
        meaning="Keys that seal phones and e-mails at rest: 32 bytes each in "
        "URL-safe base64, separated by commas, the newest first.",
        example="lYUjvh3MkNSKzFvYqDyD8CyBKVTz6XyfV1h4XQ4LpAk=",
        read=data_keys,
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
]

WEB = [
    Variable(
        name="SECRET_KEY",
        meaning="A long random text that signs sessions.",
        example="fifty or more random characters",
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
    Variable(
        name="ALLOWED_HOSTS",
        meaning="The names under which people and WeCom reach us, separated by commas.",
        example="crm.example.com",
        read=comma_list,
        needed_from=Reach.EVERYTHING,
    ),
    Variable(
        name="TRUSTED_PROXIES",
        meaning="Addresses or networks of the proxies in front of us, separated by "
        "commas. Only they are believed about the visitor's address and https.",
        example="10.0.0.0/8",
        read=networks,
    ),
    Variable(
        name="METRICS_TOKEN",
        meaning="The bearer token that opens /metrics; without it only this machine "
        "may read them.",
        example="a random text",
        read=text,
        secret=True,
    ),
    Variable(
        name="WEB_PROCESSES",
        meaning="How many processes answer requests.",
        example="4",
        default="2",
        read=count,
    ),
    Variable(
        name="WEB_THREADS",
        meaning="How many requests each of them answers at once.",
        example="16",
        default="8",
        read=count,
    ),
    Variable(
        name="WORKER_PROCESSES",
        meaning="How many jobs each worker does at once.",
        example="4",
        default="2",
        read=count,
    ),
    Variable(
        name="LOG_FORMAT",
        meaning="json: one object a line, for machines; text: for people.",
        example="text",
        default="json",
        read=one_of("json", "text"),
    ),
    Variable(
        name="LOG_LEVEL",
        meaning="The least important kind of message that is logged.",
        example="debug",
        default="info",
        read=one_of("debug", "info", "warning", "error"),
    ),
    Variable(
        name="DEBUG",
        meaning="Show errors with their insides. Never where others can reach it.",
        example="yes",
        default="no",
        read=yes_or_no,
    ),
]

WECOM = [
    Variable(
        name="WECOM_API_URL",
        meaning="Where WeCom's API answers.",
        example="http://127.0.0.1:8001",
        default="https://qyapi.weixin.qq.com",
        read=web_address,
    ),
    Variable(
        name="WECOM_CORP_ID",
        meaning="The corp's id, as the page about the company shows it.",
        example="ww0123456789abcdef",
        read=text,
        needed_from=Reach.EVERYTHING,
    ),
    Variable(
        name="WECOM_AGENT_ID",
        meaning="The AgentId of the self-built app.",
        example="1000002",
        read=digits,
        needed_from=Reach.EVERYTHING,
    ),
    Variable(
        name="WECOM_APP_SECRET",
        meaning="The Secret of the self-built app.",
        example="as WeCom shows it",
        read=text,
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
    Variable(
        name="WECOM_CALLBACK_TOKEN",
        meaning="The Token of the app's callback settings.",
        example="as entered in WeCom",
        read=text,
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
    Variable(
        name="WECOM_CALLBACK_AES_KEY",
        meaning="The EncodingAESKey of the app's callback settings.",
        example="43 characters, as entered in WeCom",
        read=aes_key,
        needed_from=Reach.EVERYTHING,
        secret=True,
    ),
    Variable(
        name="WECOM_CALLBACK_TOKEN_2",
        meaning="A second Token that is accepted while the first is being changed.",
        example="as entered in WeCom",
        read=text,
        secret=True,
    ),
    Variable(
        name="WECOM_CALLBACK_AES_KEY_2",
        meaning="The EncodingAESKey that goes with the second Token.",
        example="43 characters, as entered in WeCom",
        read=aes_key,
        secret=True,
    ),
    Variable(
        name="WECOM_CONTACTS_SECRET",
        meaning="The Secret of the address book sync, for its events.",
        example="as WeCom shows it",
        read=text,
        secret=True,
    ),
    Variable(
        name="WECOM_CONTACTS_CALLBACK_TOKEN",
        meaning="The Token of the address book's callback settings.",
        example="as entered in WeCom",
        read=text,
        secret=True,
    ),
    Variable(
        name="WECOM_CONTACTS_CALLBACK_AES_KEY",
        meaning="The EncodingAESKey of the address book's callback settings.",
        example="43 characters, as entered in WeCom",
        read=aes_key,
        secret=True,
    ),
]

MINIPROGRAM = [
    Variable(
        name="MINIPROGRAM_APP_ID",
        meaning="The AppID of the mini-program whose visitors sign in here.",
        example="wx0123456789abcdef",
        read=text,
    ),
    Variable(
        name="MINIPROGRAM_SECRET",
        meaning="The AppSecret of the mini-program.",
        example="as WeChat shows it",
        read=text,
        secret=True,
    ),
    Variable(
        name="WEIXIN_API_URL",
        meaning="Where WeChat's API for mini-programs answers.",
        example="http://127.0.0.1:8001",
        default="https://api.weixin.qq.com",
        read=web_address,
    ),
]

GROUPS = {
    "Where things are kept": STORAGE,
    "The web server, the workers and the logs": WEB,
    "WeCom": WECOM,
    "The mini-program": MINIPROGRAM,
}

VARIABLES = [variable for group in GROUPS.values() for variable in group]

# Either both are given or neither.
PAIRS = [
    ("WECOM_CALLBACK_TOKEN_2", "WECOM_CALLBACK_AES_KEY_2"),
    ("WECOM_CONTACTS_CALLBACK_TOKEN", "WECOM_CONTACTS_CALLBACK_AES_KEY"),
    ("MINIPROGRAM_APP_ID", "MINIPROGRAM_SECRET"),
]
