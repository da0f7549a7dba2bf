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
