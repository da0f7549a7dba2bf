"""E-mail addresses: which are the same, and which are the same but for a slip.

Two addresses are the same when they are so in small letters. What stays of an address
when slips of the pen are taken out (dots and what follows a plus, letters twice or in
another order, an ending such as .con) is only a sign that two may be one person's.
"""

import re
import unicodedata

from apps.common.sealing import digest

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com"}
HOSTS = {
    "gmial.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gamil.com": "gmail.com",
    "googlemail.com": "gmail.com",
    "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "outlok.com": "outlook.com",
    "qqq.com": "qq.com",
    "q.com": "qq.com",
    "vip.qq.com": "qq.com",
    "16.com": "163.com",
    "1163.com": "163.com",
    "sian.com": "sina.com",
    "sina.cn": "sina.com",
}
LOOKS_LIKE = str.maketrans("0158", "olsb")
SHORT = 5  # letters: of fewer, another order is another name


def plain_email(email: str) -> str:
    """In small letters of one width; empty if it is no address."""
    plain = unicodedata.normalize("NFKC", email).strip().lower()
    return plain if ADDRESS.fullmatch(plain) else ""


def without_slips(email: str) -> str:
    """What stays when slips are taken out; equal for two that may be meant as one."""
    name, _at, host = plain_email(email).rpartition("@")
    before, _dot, ending = host.rpartition(".")
    host = f"{before}.{ENDINGS.get(ending, ending)}"
    name = re.sub(r"[._-]", "", name.partition("+")[0])
    if not name.isdigit():  # of a number every digit and its place counts
        name = re.sub(r"(.)\1+", r"\1", name.translate(LOOKS_LIKE))
        name = name if len(name) <= SHORT else name[0] + "".join(sorted(name[1:]))
    return f"{name}@{HOSTS.get(host, host)}"


def email_digest(email: str) -> bytes:
    return digest("email", plain_email(email))


def email_slip_digest(email: str) -> bytes:
    return digest("email without slips", without_slips(email))
