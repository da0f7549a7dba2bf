"""What each door of the admin that writes is pressed with, and what must stand before.

A door without an entry is pressed with nothing. What takes a POST and writes nothing
that the audit should know stands in TELLS_NOTHING, with the reason.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F, Model
from django.utils import timezone

from apps.assignment.handover import TakerWish, Wish, look
from apps.assignment.models import AssignmentRule, Pool
from apps.autotags.models import Hit, TagRule
from apps.campaigns.models import Campaign, Grant
from apps.channels.models import Channel
from apps.clients.models import Client
from apps.contacts.models import Attribute, Contact, Proposal
from apps.contacts.rights_door import CONFIRMED
from apps.contacts.rights_models import Erasure
from apps.exports.models import Export, Writing
from apps.followups.models import Lead, Note, Stage, Task
from apps.followups.stages import stages
from apps.groups.models import GroupChat
from apps.imports.models import Import, Pass
from apps.joins.models import GroupCode
from apps.lists.models import Batch, SavedView
from apps.posters.models import Poster
from apps.scoring.models import Predictor, ScoreRule, ScoreVersion
from apps.segments.models import Segment
from apps.staff.models import Employee, User
from apps.sync.models import Pull
from apps.tags.models import Tag, TagChange, TagGroup
from apps.wecom.models import Command
from apps.welcomes.models import Welcome
from tests import make
from tests.assignment.rules import a_rule
from tests.conftest import day
from tests.posters.designs import a_design, a_picture

CONTACTS = "contacts.contact"
DRAFT = '{"always": true, "people": []}'
Form = dict[str, Any]


@dataclass(frozen=True)
class Press:
    """The form, or what makes it; `first` sees to it that there is what to do."""

    form: Form | Callable[[], Form] | None = None
    first: Callable[[User], Any] | None = None
    asked: str = ""  # behind the "?"

    def filled_in(self) -> Form:
        return self.form() if callable(self.form) else self.form or {}


def campaign(name: str) -> Form:
    return {
        "name": name,
        "starts_at": "2026-03-01T09:00",
        "ends_at": "2026-03-31T09:00",
        "channel": last(Channel).pk,
        "prizes": "[]",
        "do": "keep",
    }


def going_on() -> None:
    later = timezone.now() + timedelta(days=9)
    Campaign.objects.update(ends_at=later)


def on_the_code() -> int:
    return last(Channel).named[0]


def a_dealing(name: str) -> Form:
    plan = {"always": True, "people": [{"employee": last(Employee).pk}]}
    return {"name": name, "told": json.dumps({"plan": plan, "strategy": "in_turn"})}


def somebody_leaves(_by: User) -> None:
    make.follow(employee=make.employee("孙走"))
    make.employee("安宁")


def handing_over() -> Form:
    """A preview that was seen, of somebody with one contact."""
    giver, taker = Employee.objects.order_by("-pk")[1], last(Employee)
    wish = Wish(giver=giver, takers=(TakerWish(employee=taker.pk),), with_groups=False)
    mark = look(wish, by=None, at=day(3)).mark
    return {"giver": giver.pk, "taker": taker.pk, "do": "begin", "mark": mark}


POOL = dict.fromkeys(("cool_down_days", "most_protected", "protection_days"), "9")
POOL |= {"warns_before": "1"}


def goes_on() -> None:
    now = timezone.now()
    make.campaign(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))


def last(model: type[Model]) -> Any:
    return model._default_manager.order_by("pk").last()


def whole(model: type[Model], **fields: Any) -> Callable[[User], Any]:
    return lambda _by: model._default_manager.update(**fields)


def own(model: type[Model], name: str = "by", **fields: Any) -> Callable[[User], Any]:
    return lambda by: model._default_manager.update(**{name: by}, **fields)


def export_under_way(by: User) -> None:
    Export.objects.update(by=by)
    Writing.objects.update(status="waiting")


def import_under_way(by: User) -> None:
    Import.objects.update(by=by)
    Pass.objects.update(status="waiting")


def own_batch(*, rows: str = "failed", **fields: Any) -> Callable[[User], Any]:
    def make_own(by: User) -> None:
        Batch.objects.update(by=by, **fields)
        last(Batch).rows.update(state=rows)

    return make_own


def pull_under_way(_by: User) -> None:
    Pull.objects.filter(pk=last(Pull).pk).update(status="waiting")


def pull_held_back(_by: User) -> None:
    held = {"step": "tags", "whole": "", "items": []}
    Pull.objects.filter(pk=last(Pull).pk).update(held_back=[held])


def put_somebody_in() -> None:
    last(Segment).memberships.create(contact=last(Contact), entered_at=day(1))


def another_contact() -> Form:
    return {"other": Contact.objects.current().earliest("pk").pk}


def own_tags() -> None:
    """The last group and the last tag are our own, and each has one behind it."""
    tag = last(Tag)
    for group in {last(TagGroup), tag.group}:
        named = {"kind": "own", "wecom_id": "", "name": f"自有{group.pk}"}
        TagGroup.objects.filter(pk=group.pk).update(**named, deleted_at=None)
        make.tag("最后", group=group, wecom_id="", order=-1)
    Tag.objects.filter(pk=tag.pk).update(wecom_id="", deleted_at=None)
    make.tag_group("最后一组", kind="own", wecom_id="", order=-1)


def refused_change() -> None:
    own_tags()
    TagChange.objects.update(
        tag=last(Tag), group=last(Tag).group, wanted={"name": "贵宾"}, deed="edit"
    )


def tag_rule() -> str:
    return json.dumps({"scene": "follow", "narrowed": {}, "tags": [last(Tag).pk]})


SCORES = {"name": "打开文章", "axis": "engagement", "group": "内容", "points": "5"}
SCORES |= {"counts": "each", "half_life": "30"}
GRADES = {
    f"{axis}_{n}": 20 * n + 10 for axis in ("fit", "engagement") for n in range(3)
}
GRADES |= {"margin": 3, "task_0": "致电", "within_0": 60, "grades_0": "A1"}


def scores_for() -> str:
    return json.dumps({"scene": "follow", "narrowed": {}, "rule": None})


def with_draft(_by: User) -> None:
    make.score_rule(in_force=False)


def score_rule_in_force(_by: User) -> None:
    ScoreVersion.objects.filter(rule=last(ScoreRule)).update(state="in_force")


def without_lead(_by: User) -> None:
    Lead.objects.all().delete()


def with_lead(_by: User) -> None:
    Lead.objects.all().delete()
    make.lead(last(Contact))


def stage(place: int) -> Stage:
    return stages()[place]


def another_end(_by: User) -> None:
    """The last stage is one of two in which leads are lost."""
    Stage.objects.create(name="无效", place=len(stages()) + 1, ends="lost")


def served(_by: User) -> None:
    Contact.objects.filter(pk=last(Contact).pk).update(owner=worker())


def worker() -> int:
    return (Employee.objects.working().first() or make.employee()).pk


def tomorrow() -> str:
    return f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}"


def own_errand(by: User) -> None:
    """The last errand is one's own as well."""
    if by.employee is None:
        by.employee = make.employee("自己")
        by.save()
    make.errand(by.employee)


COST = {"kind": "media", "amount": "99.50", "note": "地铁"}
COST |= {"first_on": "2026-03-02", "last_on": "2026-03-09"}
SAYS = '{"text": "{nickname}您好"}'
VIEW = {
    "list": CONTACTS,
    "query": "standing=left",
    "name": "流失的",
    "shared": "nobody",
}
CHOICES = {f"options-{n}_FORMS": 0 for n in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
FIELD = {"name": "饮食", "face": "basic", "type": "text", "purpose": "x", "origin": "y"}
TEXT = {"purpose": "profiling", "version": "v9", "text": "我们会……"}
RULE = '{"field": "standing", "op": "any", "value": ["friend"]}'
SIGN_IN = {"username": "neu", "role": "employee"}
TWICE = {"password1": "Hohe-Berge-7", "password2": "Hohe-Berge-7"}

PRESSED: dict[str, Press] = {
    "autotags_tagrule_again": Press(first=whole(Hit, state="failed")),
    "autotags_tagrule_build": Press(lambda: {"name": "新客", "told": tag_rule()}),
    "autotags_tagrule_rebuild": Press(
        lambda: {
            **{"name": "新客", "told": tag_rule()},
            "version": last(TagRule).version,
        }
    ),
    "autotags_tagrule_switch": Press({"on": "no"}),
    "scoring_scorerule_build": Press(lambda: {**SCORES, "told": scores_for()}),
    "scoring_scorerule_rebuild": Press(lambda: {**SCORES, "told": scores_for()}),
    "scoring_scorerule_templates": Press({"trade": "b2b"}),
    "scoring_scorerule_put_in_force": Press(first=with_draft),
    "scoring_scorerule_give_up": Press(first=with_draft),
    "scoring_scorerule_end": Press(first=score_rule_in_force),
    "scoring_scorerule_grades": Press(GRADES),
    "clients_client_add": Press({"name": "门店", "system": "pos", "per_minute": 60}),
    "clients_client_change": Press({"name": "有赞", "per_minute": 60}),
    "clients_client_make_key": Press({"scopes": "orders:read", "valid_for": "90"}),
    "clients_client_revoke_key": Press(
        lambda: {"key": last(Client).keys.get().pk},
        first=lambda _by: make.key(of=last(Client)),
    ),
    "contacts_attribute_add": Press({**FIELD, "position": 1, **CHOICES}),
    "contacts_attribute_change": Press({**FIELD, "position": 1, **CHOICES}),
    "contacts_contact_attribute": Press(
        lambda: {f"attribute{last(Attribute).pk}": "会员"}
    ),
    "contacts_contact_attributes": Press(
        lambda: {f"attribute{last(Attribute).pk}": "会员"}
    ),
    "contacts_contact_unmask": Press(
        {"reason": "回访这位客户", "password": make.PASSWORD}
    ),
    "contacts_consenttext_add": Press(TEXT),
    "contacts_contact_consent": Press(
        {"purpose": "marketing", "given": "no", "channel": "phone"}
    ),
    "contacts_contact_copy": Press(
        {"reason": "客户本人索取", "kind": "json", "password": make.PASSWORD}
    ),
    "contacts_contact_correct": Press({"name": "张三丰"}),
    "contacts_contact_erase": Press(
        lambda: {
            **{"why": Erasure.Ground.values[0], "typed": str(CONFIRMED)},
            **{"reference": "T-1", "password": make.PASSWORD},
        }
    ),
    "contacts_contact_note_write": Press({"text": "约了周三"}),
    "contacts_contact_note_rewrite": Press(
        {"text": "改到周四"}, first=own(Note, "author")
    ),
    "contacts_contact_note_delete": Press(first=own(Note, "author")),
    "contacts_contact_lead_open": Press(first=without_lead),
    "contacts_contact_lead_move": Press(lambda: {"to": stage(2).pk}, first=with_lead),
    "contacts_contact_lead_amount": Press({"amount": "1200"}, first=with_lead),
    "contacts_contact_task_add": Press(
        lambda: {"text": "回访", "due": tomorrow(), "employee": worker()},
        first=served,
    ),
    "contacts_contact_task_later": Press(
        lambda: {"due": tomorrow()}, first=whole(Task, done_at=None)
    ),
    "contacts_contact_task_done": Press(first=whole(Task, done_at=None)),
    "contacts_contact_task_drop": Press(first=whole(Task, done_at=None)),
    "followups_lead_move": Press(lambda: {"to": stage(2).pk}, first=with_lead),
    "followups_stage_add_one": Press({"name": "试用", "probability": "30"}),
    "followups_stage_keep": Press({"name": "新名", "probability": "30"}),
    "followups_stage_move": Press({"way": "up"}, first=another_end),
    "followups_stage_retire": Press(first=another_end),
    "followups_stage_work": Press(
        {
            **{"begin0": "09:00", "end0": "18:00", "silent_after": "9"},
            **{"remind_before": "5", "manager_after": "30", "message_every": "20"},
        }
    ),
    "contacts_contact_same_as": Press(another_contact),
    "contacts_proposal_again": Press(first=whole(Proposal, status="never")),
    "exports_export_approve": Press(first=lambda _by: Writing.objects.all().delete()),
    "exports_export_cancel": Press(first=export_under_way),
    "exports_export_start": Press(
        {"columns": "name", "form": "csv", "reason": "回访老客户"}, asked="of=contacts"
    ),
    "imports_import_cancel": Press(first=import_under_way),
    "imports_import_check": Press(
        {"column0": "name", "column1": "phone"}, first=own(Import)
    ),
    "imports_import_start": Press(
        lambda: {"file": SimpleUploadedFile("a.csv", "姓名,手机\n甲,1".encode())}
    ),
    "imports_import_undo": Press(first=own(Import, written_at=day(2))),
    "imports_import_write": Press(first=own(Import)),
    "lists_batch_again": Press(first=own_batch()),
    "lists_batch_begin": Press(
        lambda: {
            **{"list": CONTACTS, "action": "put_on", "picked": last(Tag).pk},
            "n": [last(Contact).pk],
        }
    ),
    "lists_batch_stop": Press(first=own_batch(status="waiting")),
    "lists_batch_undo": Press(first=own_batch(rows="changed")),
    "lists_savedview_describe": Press(VIEW, first=own(SavedView)),
    "lists_savedview_keep": Press(VIEW),
    "lists_savedview_remove": Press(first=own(SavedView)),
    "lists_savedview_take_over": Press(
        VIEW, first=own(SavedView, query="standing=friend")
    ),
    "orders_product_label": Press({"tags": "新茶、礼盒"}),
    "password_change": Press(
        {
            "old_password": make.PASSWORD,
            "new_password1": TWICE["password1"],
            "new_password2": TWICE["password1"],
        }
    ),
    "segments_segment_bring": Press(
        lambda: {"name": "抽中的", "text": f"#{last(Contact).pk}"}
    ),
    "campaigns_campaign_build": Press(lambda: campaign("新活动"), asked="kind=coupon"),
    "campaigns_campaign_rebuild": Press(
        lambda: campaign("旧活动") | {"version": last(Campaign).version}
    ),
    "campaigns_campaign_launch": Press(first=lambda _by: going_on()),
    "campaigns_campaign_close": Press(first=whole(Campaign, status="launched")),
    "campaigns_grant_deliver": Press({"proof": "顺丰 SF1"}),
    "campaigns_grant_deliver_many": Press(
        lambda: {"grant": last(Grant).pk, "proof": "顺丰 SF1"}
    ),
    "campaigns_grant_void": Press({"why": "作弊"}),
    "referrals_sign_review": Press({"verdict": "voided"}),
    "channels_channel_build": Press(
        lambda: {"name": "新门店", "draft": DRAFT, "do": "keep"}
    ),
    "channels_channel_pause": Press(lambda: {"employee": on_the_code(), "off": "1"}),
    "channels_channel_rebuild": Press(
        lambda: {
            "name": "旧门店",
            "draft": DRAFT,
            "version": last(Channel).version,
        }
    ),
    "joins_groupcode_build": Press(
        lambda: {"name": "新群码", "groups": last(GroupChat).pk, "full_at": "200"}
    ),
    "joins_groupcode_rebuild": Press(
        lambda: {"name": "旧群码", "groups": last(GroupChat).pk, "full_at": "200"}
    ),
    "joins_groupcode_anew": Press(first=whole(GroupCode, trouble="lost")),
    "assignment_handover_prepare": Press(handing_over, first=somebody_leaves),
    "assignment_assignmentrule_build": Press(lambda: a_dealing("新规则")),
    "assignment_assignmentrule_rebuild": Press(
        lambda: a_dealing("旧规则") | {"version": last(AssignmentRule).version}
    ),
    "assignment_assignmentrule_skills": Press(
        lambda: {"tag": last(Tag).pk, "people": f"[{last(Employee).pk}]"},
        first=whole(Tag, deleted_at=None),
    ),
    "assignment_assignmentrule_move": Press(
        {"up": "no"}, first=lambda _by: a_rule(make.employee(), name="下一条")
    ),
    "assignment_pool_build": Press(POOL | {"name": "新公海"}),
    "assignment_pool_rebuild": Press(
        lambda: POOL | {"name": "旧公海", "version": last(Pool).version}
    ),
    "assignment_pool_remove": Press(first=whole(Pool, is_general=False)),
    "posters_poster_design": Press(
        lambda: {
            "told": json.dumps(a_design(colour="#123456")),
            "version": last(Poster).version,
        }
    ),
    "posters_poster_bring": Press(
        lambda: {"file": SimpleUploadedFile("a.png", a_picture(size=(600, 1100)))}
    ),
    "scoring_predictor_aim": Press({"outcome": "won", "days": "60"}),
    "scoring_predictor_believe": Press({"feature": "known_for"}),
    "scoring_predictor_leave_out": Press({"feature": "known_for"}),
    "scoring_predictor_reckon": Press({}),
    "scoring_predictor_roll_back": Press({}),
    "scoring_predictor_train": Press({}),
    "scoring_predictor_use": Press(lambda: {"model": last(Predictor).pk}),
    "segments_segment_build": Press({"name": "回来的", "rule": RULE}),
    "segments_segment_freeze": Press({"name": "三月流失"}),
    "segments_segment_ready": Press({"of": "second"}),
    "segments_segment_rfm_keep": Press({"n": "3", "111": "大客户"}),
    "segments_segment_mark": Press(
        lambda: {
            **{"action": "put_on", "picked": last(Tag).pk},
            "text": f"#{last(Contact).pk}",
        }
    ),
    "segments_segment_rebuild": Press(
        lambda: {"name": "回来的", "rule": RULE, "version": last(Segment).version}
    ),
    "segments_segment_split": Press(
        {"parts": "2", "seed": "1"}, first=lambda _by: put_somebody_in()
    ),
    "staff_reach_change": Press({"scope": "self", "unmasks_per_day": 3}),
    "staff_user_add": Press({**SIGN_IN, **TWICE}),
    "staff_user_change": Press({**SIGN_IN, "first_name": "新名"}),
    "auth_user_password_change": Press(TWICE),
    "sync_pull_believe": Press(first=pull_held_back),
    "sync_pull_cancel": Press(first=pull_under_way),
    "tags_tag_move": Press(first=lambda _by: own_tags()),
    "tags_tag_remove": Press(first=lambda _by: own_tags()),
    "errands_errand_start": Press(
        lambda: {
            "campaign": last(Campaign).pk,
            "employee": [worker()],
            "joined": "5",
            "due_at": tomorrow(),
        },
        first=lambda _by: make.campaign(),
    ),
    "errands_errand_done": Press({"reached": "3", "do": "done"}, first=own_errand),
    "reports_cost_enter": Press(
        lambda: COST | {"of": "channel", "picked": last(Channel).pk}
    ),
    "reports_cost_put_right": Press(lambda: COST),
    "loyalty_level_add_one": Press(
        {"name": "金卡", "growth_from": "500", "percent": "120"}
    ),
    "loyalty_level_keep": Press(
        {"name": "新名", "growth_from": "90", "percent": "120"}
    ),
    "loyalty_level_setting": Press({"months": "12", "growth_days": "365"}),
    "loyalty_level_rule": Press({"when": "added", "points": "5", "growth": "5"}),
    "contacts_contact_campaign_link": Press(
        lambda: {"campaign": last(Campaign).pk}, first=lambda _by: goes_on()
    ),
    "contacts_contact_points_correct": Press(
        {"points": "5", "why": "补发", "key": "form"}
    ),
    "tags_tag_group": Press(
        lambda: {"group": TagGroup.objects.get(name="最后一组").pk},
        first=lambda _by: own_tags(),
    ),
    "tags_tag_rename": Press({"name": "新名"}, first=lambda _by: own_tags()),
    "tags_taggroup_add_tags": Press({"tags": "新标签"}, first=lambda _by: own_tags()),
    "tags_taggroup_again": Press(first=lambda _by: refused_change()),
    "tags_taggroup_find_out": Press(
        first=lambda _by: TagGroup.objects.update(kind="corp", wecom_id=F("id"))
    ),
    "tags_taggroup_make": Press({"name": "来源", "tags": "广告", "kind": "own"}),
    "tags_taggroup_move": Press(first=lambda _by: own_tags()),
    "tags_taggroup_remove": Press(first=lambda _by: own_tags()),
    "tags_taggroup_rename": Press({"name": "新组"}, first=lambda _by: own_tags()),
    "tags_taggroup_seen": Press(first=lambda _by: refused_change()),
    "welcomes_welcome_build": Press({"name": "新欢迎语", "told": SAYS}),
    "welcomes_welcome_rebuild": Press(
        lambda: {"name": "另一条", "told": SAYS, "version": last(Welcome).version}
    ),
    "welcomes_welcome_switch": Press({"on": "no"}),
    "wecom_command_send_now": Press(first=whole(Command, status="unknown")),
    "wecom_command_was_sent": Press(first=whole(Command, status="unknown")),
}
TELLS_NOTHING = {
    "index": "a page",
    "assignment_assignmentrule_check": "whom a rule speaks of; nothing is kept",
    "assignment_assignmentrule_simulate": "yesterday dealt out again; nothing is kept",
    "channels_channel_check": "who covers the week; nothing is kept",
    "posters_poster_preview": "how a poster looks; nothing is kept",
    "welcomes_welcome_preview": "how a message looks; nothing is kept",
    "welcomes_welcome_media": "a file that no message holds yet",
    "welcomes_welcome_try_out": "a message to oneself",
    "autotags_tagrule_rehearse": "whom a rule would have hit; nothing is kept",
    "scoring_scorerule_count": "whom a rule would concern; nothing is kept",
    "segments_segment_preview": "how many a rule describes; nothing is kept",
    "segments_segment_refresh": "who is in is worked out anew, from the same rule",
    "segments_segment_why": "why somebody is in or out; nothing is kept",
    "view_on_site": "a way to a page",
    "sync_pull_replay": "a pull is tried again by itself alone",
    "pulse": "a line of the header",
    "search": "a page",
    "login": "sign-ins are told by the sessions and the lock of axes",
    "logout": "likewise",
    "contacts_consenttext_change": "a text that was shown stays as it is",
    "lists_savedview_move": "in which order one sees one's views",
    "lists_savedview_opens": "with which view one's own list opens",
    "lists_savedview_everything": "likewise",
    "tags_taggroup_news": "whether WeCom is still being told",
    "followups_notice_open": "whether one has seen what one was told",
    "followups_notice_seen": "likewise",
    "lists_batch_pause": "nothing is changed; what was begun is in the audit",
    "lists_batch_go_on": "likewise",
}
