"""WeCom's callbacks and calls in words for people, with what is personal masked.

Kinds are those of wecom-api.md 4.6, calls those of the table in endpoints/. What is
not in these tables is shown under WeCom's own name: better a foreign word than none.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.common.masking import masked_email, masked_id, masked_phone

KINDS = {
    ("change_external_contact", "add_external_contact"): _("contact added"),
    ("change_external_contact", "add_half_external_contact"): _(
        "contact added, to be confirmed"
    ),
    ("change_external_contact", "edit_external_contact"): _("contact edited"),
    ("change_external_contact", "del_external_contact"): _("employee deleted contact"),
    ("change_external_contact", "del_follow_user"): _("contact deleted employee"),
    ("change_external_contact", "transfer_fail"): _("handing over failed"),
    ("change_external_contact", "msg_audit_approved"): _("contact agreed to archiving"),
    ("change_external_chat", "create"): _("group chat created"),
    ("change_external_chat", "update"): _("group chat changed"),
    ("change_external_chat", "dismiss"): _("group chat dismissed"),
    ("change_external_tag", "create"): _("company tag created"),
    ("change_external_tag", "update"): _("company tag changed"),
    ("change_external_tag", "delete"): _("company tag deleted"),
    ("change_external_tag", "shuffle"): _("company tags put in order"),
    ("change_contact", "create_user"): _("employee joined"),
    ("change_contact", "update_user"): _("employee changed"),
    ("change_contact", "delete_user"): _("employee left the company"),
    ("change_contact", "create_party"): _("department created"),
    ("change_contact", "update_party"): _("department changed"),
    ("change_contact", "delete_party"): _("department deleted"),
    ("change_contact", "update_tag"): _("employee tag changed"),
    ("customer_acquisition", "balance_low"): _("acquisition quota runs low"),
    ("customer_acquisition", "balance_exhausted"): _("acquisition quota is used up"),
    ("customer_acquisition", "balance_increased"): _("acquisition quota went up"),
    ("customer_acquisition", "quota_expire_soon"): _("acquisition quota ends soon"),
    ("customer_acquisition", "link_unavailable"): _("acquisition link not available"),
    ("customer_acquisition", "delete_link"): _("acquisition link deleted"),
    ("customer_acquisition", "open_profile"): _("acquisition link opened"),
    ("customer_acquisition", "friend_request"): _("request by acquisition link"),
    ("customer_acquisition", "customer_start_chat"): _("contact began to talk"),
    ("customer_acquisition", "message_from_customer"): _("contact wrote several times"),
}

DETAILS = {
    "add_member": _("members joined"),
    "del_member": _("members left"),
    "change_owner": _("new owner"),
    "change_name": _("new name"),
    "change_notice": _("new notice"),
}

SUBJECTS = {
    "contact": _("contact"),
    "chat": _("group chat"),
    "tag": _("tag"),
    "employee": _("employee"),
    "department": _("department"),
}

CALLS = {
    "externalcontact.get_follow_user_list": _("list employees who serve contacts"),
    "externalcontact.list": _("list contacts of an employee"),
    "auth.getuserinfo": _("ask who signs in"),
    "externalcontact.get": _("read a contact"),
    "externalcontact.batch_get_by_user": _("read contacts page by page"),
    "externalcontact.remark": _("change the remark of a contact"),
    "externalcontact.add_contact_way": _("make a channel code"),
    "contact_way.picture": _("fetch the picture of a channel code"),
    "externalcontact.get_contact_way": _("read a channel code"),
    "externalcontact.list_contact_way": _("list channel codes"),
    "externalcontact.update_contact_way": _("change a channel code"),
    "externalcontact.del_contact_way": _("delete a channel code"),
    "externalcontact.customer_acquisition_create_link": _("make an acquisition link"),
    "externalcontact.customer_acquisition_get": _("read an acquisition link"),
    "externalcontact.customer_acquisition_list_link": _("list acquisition links"),
    "externalcontact.customer_acquisition_update_link": _("change an acquisition link"),
    "externalcontact.customer_acquisition_delete_link": _("delete an acquisition link"),
    "externalcontact.customer_acquisition_customer": _("list whom a link brought"),
    "externalcontact.customer_acquisition_statistic": _("read how a link was used"),
    "externalcontact.customer_acquisition_quota": _("read the balance of links"),
    "externalcontact.customer_acquisition_get_chat_info": _("read who wrote by a link"),
    "externalcontact.groupchat_add_join_way": _("make a code of groups"),
    "externalcontact.groupchat_get_join_way": _("read a code of groups"),
    "externalcontact.groupchat_update_join_way": _("change a code of groups"),
    "externalcontact.groupchat_del_join_way": _("delete a code of groups"),
    "externalcontact.send_welcome_msg": _("send a welcome message"),
    "externalcontact.get_unassigned_list": _("list contacts of leavers"),
    "externalcontact.transfer_customer": _("hand contacts over"),
    "externalcontact.resigned_transfer_customer": _("hand over contacts of a leaver"),
    "externalcontact.groupchat_transfer": _("hand over groups of a leaver"),
    "externalcontact.groupchat_onjob_transfer": _("hand groups over"),
    "externalcontact.transfer_result": _("look what became of handing over"),
    "externalcontact.resigned_transfer_result": _("look what became of inheritance"),
    "externalcontact.groupchat_list": _("list group chats"),
    "externalcontact.groupchat_get": _("read a group chat"),
    "externalcontact.get_corp_tag_list": _("read company tags"),
    "externalcontact.get_strategy_tag_list": _("read tags of a rule group"),
    "externalcontact.add_corp_tag": _("create a company tag"),
    "externalcontact.edit_corp_tag": _("change a company tag"),
    "externalcontact.del_corp_tag": _("delete company tags"),
    "externalcontact.mark_tag": _("tag a contact"),
    "media.upload": _("upload a file of messages"),
    "department.list": _("list departments"),
    "department.simplelist": _("list departments by number"),
    "department.get": _("read a department"),
    "user.list": _("read employees of a department"),
    "user.simplelist": _("list employees of a department"),
    "user.get": _("read an employee"),
    "user.list_id": _("list all accounts"),
    "message.send": _("send an employee a message"),
    "agent.get": _("read the app's range"),
    "getcallbackip": _("read WeCom's addresses"),
}


def kind_in_words(event: str, change: str, detail: str = "") -> str:
    known = KINDS.get((event, change))
    if known is None:
        return "/".join(filter(None, [event, change]))
    more = DETAILS.get(detail)
    return f"{known} · {more}" if more else str(known)


def call_in_words(call: str) -> str:
    return str(CALLS.get(call, call))


def subject_in_words(subject: str) -> tuple[str, str]:
    """What kind of thing a callback is about, and its id in WeCom."""
    kind, _colon, name = subject.partition(":")
    return str(SUBJECTS.get(kind, kind)), name


# --- what is personal -----------------------------------------------------------------


def masked_phones(value: Any) -> Any:
    if isinstance(value, list):
        return [masked_phone(str(phone)) for phone in value]
    return masked_phone(str(value)) if value else value


def masked_mail(value: Any) -> Any:
    return masked_email(str(value)) if value else value


def masked_union(value: Any) -> Any:
    return masked_id(str(value)) if value else value


def hidden(value: Any) -> Any:
    return "***" if value else value


# Elements of messages and fields of answers, in lower case.
PERSONAL: Mapping[str, Callable[[Any], Any]] = {
    "mobile": masked_phones,
    "telephone": masked_phones,
    "remark_mobiles": masked_phones,
    "email": masked_mail,
    "bizmail": masked_mail,
    "biz_mail": masked_mail,
    "unionid": masked_union,
    "address": hidden,
    "extattr": hidden,
    "external_profile": hidden,
    "welcomecode": hidden,
    "welcome_code": hidden,
    "qr_code": hidden,
}


def masked(value: Any) -> Any:
    """The same JSON, with phones, addresses and what opens a door masked."""
    if isinstance(value, Mapping):
        return {
            name: PERSONAL[name.lower()](inner)
            if name.lower() in PERSONAL
            else masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value


def printed(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(masked(value), ensure_ascii=False, indent=2, sort_keys=True)
