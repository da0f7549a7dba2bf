"""How a phone, a name and an e-mail are shown to those who may not see them whole.

The forms are those of Ant Design's data format page: 仲*妮, 186 **** 1402,
123***@example.com.
"""


def masked_name(name: str) -> str:
    """张三丰 becomes 张*丰, 张三 becomes 张*; a single character is kept."""
    if len(name) < 2:
        return name
    last = name[-1] if len(name) > 2 else ""
    return f"{name[0]}{'*' * max(1, len(name) - 2)}{last}"


def masked_phone(phone: str) -> str:
    """The first three and the last four digits; of a short number only the last two."""
    digits = phone.strip()
    if len(digits) < 8:
        return f"**** {digits[-2:]}"
    return f"{digits[:3]} **** {digits[-4:]}"


def masked_email(email: str) -> str:
    name, _at, host = email.partition("@")
    return f"{name[:3]}***@{host}"


def masked(field: str, value: object) -> object:
    """A value by the name of what it is: a phone, an e-mail, an id, or anything else.

    What is no text, a number of a grade or yes and no, is shown; a text that nobody has
    said how to mask keeps its first character only.
    """
    if isinstance(value, list | tuple):
        return [masked(field, each) for each in value]
    if not isinstance(value, str) or not value:
        return value
    if "phone" in field or "mobile" in field:
        return masked_phone(value)
    if "mail" in field:
        return masked_email(value)
    if field in ("union", "union_id", "unionid", "value"):
        return masked_id(value)
    return masked_name(value)


def masked_id(text: str) -> str:
    """Four characters in front and two behind; of a short id only the last two."""
    if len(text) < 12:
        return f"****{text[-2:]}"
    return f"{text[:4]}****{text[-2:]}"
