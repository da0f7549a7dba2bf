"""Where personal data lie: for each field what for, how delicate, and for how long.

A field that may hold something of a person stands in DATA_MAP or is named in
NOT_PERSONAL; a test fails for one that is in neither. What is done with the map is in
apps/contacts/data_map.py; the right to be erased walks through it (forget.py).

`person` is the way from a row to the contact; `erased` what becomes of it when the
person is erased, from the bottom of the map up; `by` a function that sees to it where
that is more than deleting rows; `until` a name in TIMETABLE, where something deletes
what is old. `sought` and `others` are fields that may name anybody: rows of the first
go with the person, out of the second only the person's ids are cut. `named` are fields
in which our people may have written a name: it is cut out as well.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

HIGH = "high"  # leads to the person by itself, or says what others must not know
MEDIUM = "medium"  # tells of the person
LOW = "low"  # an id, a moment, a trace

# What becomes of it when the person is erased.
GOES = "goes"  # the row is deleted
IS_LEFT_WITHOUT = "left_without"  # the row stays and names nobody any more
IS_SOUGHT = "sought"  # rows that name one of the person's ids are deleted
IS_CUT_OUT = "cut_out"  # the person's ids are cut out of what is kept
KEY_GOES = "key_goes"  # what was sealed with the person's key opens no more
STAYS = "stays"  # it is not about a contact

WHILE_SERVED = _("as long as we serve the person, or until they are erased")
BY_LAW = _("amounts as long as the law wants books to be kept, the person until erased")
AS_EMPLOYEE = _("as long as the account, and what its owner did, must be traceable")

SERVE = _("to know and serve the customer")
REACH = _("to recognise and reach the customer")
PROVE = _("to prove who did what (PIPL 51, 54)")
HEAR = _("to work off what WeCom tells us, and to find out what went wrong")
CAMPAIGN = _("to run campaigns in which customers bring customers")
STAFF = _("to let our own people sign in and work")

DATA_MAP: dict[str, dict[str, Any]] = {
    "contacts.Contact": {
        "person": "pk",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "name": MEDIUM,
            "avatar": MEDIUM,
            "gender": MEDIUM,
            "position": MEDIUM,
            "corp_name": MEDIUM,
            "spelling": MEDIUM,
            "grams": MEDIUM,
            "served_by": LOW,
        },
    },
    "contacts.Identity": {
        "person": "contact",
        "purpose": REACH,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "value": HIGH,
            "sealed": HIGH,
            "digest": LOW,
            "tail_digest": LOW,
            "system": LOW,
            "kind": LOW,
        },
    },
    "contacts.Follow": {
        "person": "identity__contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "remark": MEDIUM,
            "description": HIGH,
            "remark_corp_name": MEDIUM,
            "phones_sealed": HIGH,
            "phones_digest": LOW,
            "state": LOW,
            "started_at": LOW,
            "ended_at": LOW,
            "ended_by": LOW,
        },
        "others": {"added_by": LOW},
    },
    "contacts.AttributeValue": {
        "person": "contact",
        "purpose": _("as each field says"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "text": HIGH,
            "number": MEDIUM,
            "day": MEDIUM,
            "choice": MEDIUM,
            "choices": MEDIUM,
            "yes": MEDIUM,
            "fen": MEDIUM,
            "at": LOW,
        },
    },
    "contacts.Merge": {
        "person": "winner",
        "purpose": _("to take a merge back"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"fields": MEDIUM, "later": LOW},
    },
    "contacts.Moved": {
        "person": "merge__winner",
        "purpose": _("to take a merge back"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"moved": LOW, "risen": LOW, "folded": LOW, "stayed": LOW},
    },
    "contacts.ConsentRecord": {
        "person": "contact",
        "purpose": _("to prove what the person agreed to (PIPL 13–15)"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "said_for": LOW,
            "purpose": LOW,
            "given": LOW,
            "text": LOW,
            "channel": LOW,
            "at": LOW,
            "recorded_at": LOW,
        },
    },
    "assignment.Offer": {
        "person": "identity__contact",
        "purpose": _("to hand the customer over when a colleague leaves"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"state": LOW, "errcode": LOW, "asked_at": LOW, "ended_at": LOW},
    },
    "assignment.Assignment": {
        "person": "contact",
        "purpose": _("to know who looks after the customer, and why"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"why": LOW, "how": LOW, "since": LOW, "until": LOW},
    },
    "assignment.Protection": {
        "person": "contact",
        "purpose": _("to know who looks after the customer, and why"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"until": LOW, "at": LOW},
    },
    "assignment.Notice": {
        "person": "contact",
        "purpose": _("to know who looks after the customer, and why"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"due_at": LOW, "told_at": LOW},
    },
    "tags.Tagging": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"tag": MEDIUM, "at": LOW},
    },
    "channels.Entry": {
        "person": "contact",
        "purpose": _("to know by which door a customer came"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"channel": LOW, "at": LOW, "spoke_at": LOW, "messages": LOW},
    },
    "welcomes.Greeting": {
        "person": "contact",
        "purpose": _("to greet once, and to know who was not greeted and why"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "employee": LOW,
            "code": MEDIUM,
            "door": LOW,
            "welcome": LOW,
            "by": LOW,
            "part": LOW,
            "outcome": LOW,
            "reason": LOW,
            "at": LOW,
        },
    },
    "segments.SegmentContact": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"segment": MEDIUM, "entered_at": LOW},
    },
    "scoring.Lifetime": {
        "person": "contact",
        "purpose": _("to know which customers are about to be lost"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"alive": MEDIUM, "expected": MEDIUM, "value": MEDIUM, "day": LOW},
    },
    "scoring.Chance": {
        "person": "contact",
        "purpose": _("to turn first to those who are likely to buy"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"chance": MEDIUM, "day": LOW},
    },
    "scoring.ForetoldMonth": {
        "person": "contact",
        "purpose": _("to see how a customer has come and gone over a year"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "month": LOW,
            "chance": MEDIUM,
            "alive": MEDIUM,
            "value": MEDIUM,
        },
    },
    "scoring.Earning": {
        "person": "contact",
        "purpose": _("to say why somebody has their score"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"version": LOW, "cause": LOW, "at": LOW, "points": MEDIUM},
    },
    "scoring.Standing": {
        "person": "contact",
        "purpose": _("to know whom to call first"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "sums": LOW,
            "fit": MEDIUM,
            "engagement": MEDIUM,
            "score": MEDIUM,
            "grade": MEDIUM,
            "graded_at": LOW,
        },
    },
    "scoring.ScoreMonth": {
        "person": "contact",
        "purpose": _("to show how scores went"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"month": LOW, "score": MEDIUM, "grade": MEDIUM},
    },
    "scoring.ScoreRule": {
        "purpose": _("to earn contacts points by rules"),
        "kept": _("as long as the company uses the product"),
        "erased": IS_CUT_OUT,
        "named": {"name": LOW},
    },
    "scoring.ScoreVersion": {
        "purpose": _("to earn contacts points by rules"),
        "kept": _("as long as the company uses the product"),
        "erased": IS_CUT_OUT,
        "named": {"narrowed": LOW, "conditions": LOW},
    },
    "loyalty.Membership": {
        "person": "contact",
        "purpose": _("to keep the points and the level of a member"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "joined_at": LOW,
            "balance": LOW,
            "growth": LOW,
            "level": LOW,
            "level_since": LOW,
        },
    },
    "loyalty.PointsEntry": {
        "person": "contact",
        "purpose": _("to keep the points and the level of a member"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "kind": LOW,
            "points": LOW,
            "growth": LOW,
            "key": LOW,
            "of": LOW,
            "rule": LOW,
            "why": MEDIUM,
            "system": LOW,
            "at": LOW,
            "expires_at": LOW,
            "recorded_at": LOW,
        },
    },
    "campaigns.Participation": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "campaign": LOW,
            "joined_at": LOW,
            "secret": LOW,
        },
    },
    "campaigns.Grant": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": BY_LAW,
        "erased": IS_LEFT_WITHOUT,
        "by": "apps.campaigns.deliver.forget_addresses",
        "fields": {
            "reward": LOW,
            "participation": LOW,
            "number": LOW,
            "status": LOW,
            "redeem_code": LOW,
            "address": HIGH,
            "proof": MEDIUM,
            "why_voided": MEDIUM,
            "granted_at": LOW,
            "delivered_at": LOW,
            "voided_at": LOW,
        },
    },
    "campaigns.TeamMember": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "team": LOW,
            "participation": LOW,
            "opened": LOW,
            "joined_at": LOW,
            "order": LOW,
        },
    },
    "posters.Avatar": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"address": MEDIUM, "jpeg": MEDIUM, "read_at": LOW},
    },
    "posters.DrawnPoster": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": _("a week"),
        "erased": GOES,
        "until": "posters.forget_drawn",
        "fields": {"jpeg": MEDIUM, "fingerprint": LOW, "drawn_at": LOW},
    },
    "campaigns.Draw": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "table": LOW,
            "participation": LOW,
            "key": LOW,
            "seed": LOW,
            "rolled": LOW,
            "reward": LOW,
            "grant": LOW,
            "at": LOW,
        },
    },
    "referrals.Invite": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "by": "apps.referrals.forget.forget_invites",
        "fields": {
            "campaign": LOW,
            "ref": LOW,
            "parent": LOW,
            "path": LOW,
            "direct": LOW,
            "total": LOW,
            "config_id": LOW,
            "qr_code": LOW,
            "qr_text": LOW,
            "held": LOW,
            "trouble": LOW,
            "errcode": LOW,
            "asked_at": LOW,
            "suspicion": MEDIUM,
            "look_at": LOW,
            "issued_at": LOW,
            "removed_at": LOW,
        },
    },
    "referrals.Referral": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "campaign": LOW,
            "invite": LOW,
            "follow": LOW,
            "refused": LOW,
            "at": LOW,
            "settles_at": LOW,
            "left_at": LOW,
            "voided_at": LOW,
        },
    },
    "referrals.Credit": {
        "person": "referral__contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": IS_LEFT_WITHOUT,
        "fields": {
            "invite": LOW,
            "kind": LOW,
            "number": LOW,
            "version": LOW,
            "points": LOW,
            "at": LOW,
            "referral": LOW,
        },
    },
    "referrals.Trace": {
        "person": "contact",
        "purpose": CAMPAIGN,
        "kept": _("until the campaign's codes answer no longer"),
        "until": "referrals.forget_traces",
        "erased": GOES,
        "fields": {
            "campaign": LOW,
            "kind": LOW,
            "digest": MEDIUM,
            "at": LOW,
        },
    },
    "referrals.Sign": {
        "person": "invite__contact",
        "purpose": CAMPAIGN,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "kind": MEDIUM,
            "weight": MEDIUM,
            "seen": MEDIUM,
            "verdict": MEDIUM,
            "reviewed_at": LOW,
            "at": LOW,
            "invite": LOW,
        },
    },
    "miniprogram.Session": {
        "person": "contact",
        "purpose": _("to let customers sign in from the mini-program"),
        "kept": _("30 days after it was last heard of"),
        "until": "miniprogram.forget_tokens",
        "erased": GOES,
        "fields": {"began_at": LOW, "ended_at": LOW, "ended_by": LOW},
    },
    "miniprogram.Token": {
        "person": "session__contact",
        "purpose": _("to let customers sign in from the mini-program"),
        "kept": _("until it expires"),
        "until": "miniprogram.forget_tokens",
        "erased": GOES,
        "fields": {"kind": LOW, "digest": LOW, "expires_at": LOW, "renewed_at": LOW},
    },
    "autotags.Hit": {
        "person": "contact",
        "purpose": _("to show and take back what a tag rule did"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "rule": LOW,
            "tag": MEDIUM,
            "cause": LOW,
            "reason": HIGH,
            "why": LOW,
            "at": LOW,
            "hit_at": LOW,
        },
    },
    "autotags.TagRule": {
        "purpose": _("to put tags on by rules"),
        "kept": _("until somebody deletes the rule"),
        "erased": IS_CUT_OUT,
        "named": {"name": LOW, "narrowed": LOW, "rule": LOW},
    },
    "segments.Segment": {
        "purpose": _("to find the customers that a rule describes"),
        "kept": _("until somebody deletes the segment"),
        "erased": IS_CUT_OUT,
        "named": {"name": LOW, "folder": LOW, "description": LOW, "rule": LOW},
    },
    "segments.SegmentVersion": {
        "purpose": _("to find the customers that a rule describes"),
        "kept": _("until somebody deletes the segment"),
        "erased": IS_CUT_OUT,
        "named": {"rule": LOW},
    },
    "groups.Stay": {
        "person": "identity__contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "by": "apps.groups.forget.forget_stays",
        "fields": {
            "group": LOW,
            "member_id": LOW,
            "nickname": MEDIUM,
            "name": MEDIUM,
            "state": LOW,
            "joined_at": LOW,
            "left_at": LOW,
        },
        "others": {"invited_by": LOW},
    },
    "behaviour.Behaviour": {
        "person": "contact",
        "purpose": _("to understand what the customer looks for"),
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "number": LOW,
            "kind": LOW,
            "title": MEDIUM,
            "facts": MEDIUM,
            "at": LOW,
        },
    },
    "orders.Order": {
        "person": "contact",
        "purpose": _("to carry out the contract of sale"),
        "kept": BY_LAW,
        "erased": IS_LEFT_WITHOUT,
        "fields": {
            "number": LOW,
            "channel": LOW,
            "shop": LOW,
            "status": LOW,
            "amount": LOW,
            "refunded_amount": LOW,
            "discount": LOW,
            "placed_at": LOW,
        },
    },
    "orders.OrderLine": {
        "person": "order__contact",
        "purpose": _("to carry out the contract of sale"),
        "kept": BY_LAW,
        "erased": IS_LEFT_WITHOUT,
        "fields": {"name": LOW, "quantity": LOW, "amount": LOW},
    },
    "events.EventRecord": {
        "person": "contact",
        "purpose": SERVE,
        "kept": _("kept as figures; it names nobody once the person is erased"),
        "erased": IS_LEFT_WITHOUT,
        "by": "apps.contacts.forget.strip_events",
        "fields": {"kind": LOW, "facts": LOW, "at": LOW},
    },
    "sync.Difference": {
        "person": "contact",
        "purpose": _("to stay in step with WeCom"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": GOES,
        "fields": {},
        "sought": {"subject": LOW, "ours": MEDIUM, "theirs": MEDIUM},
    },
    "sync.Sighting": {
        "purpose": _("to stay in step with WeCom"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_SOUGHT,
        "sought": {"item": LOW},
    },
    "sync.Chain": {
        "purpose": _("to stay in step with WeCom"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"keys": LOW, "cursor": LOW},
    },
    "sync.Pull": {
        "purpose": _("to stay in step with WeCom"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"held_back": LOW, "last_error": LOW},
    },
    "wecom.Callback": {
        "purpose": HEAR,
        "kept": _("30 days"),
        "until": "wecom.forget_old",
        "erased": IS_SOUGHT,
        "sought": {"subject": LOW, "message": MEDIUM, "last_error": LOW},
    },
    "wecom.Command": {
        "purpose": HEAR,
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_SOUGHT,
        "sought": {
            "arguments": MEDIUM,
            "about": LOW,
            "result": HIGH,
            "once": LOW,
            "last_error": LOW,
        },
    },
    "common.KeptAnswer": {
        "purpose": _("to answer a repeated request alike"),
        "kept": _("24 hours"),
        "until": "api.forget_old_answers",
        "erased": IS_SOUGHT,
        "sought": {"answer": LOW},
    },
    "events.Delivery": {
        "purpose": HEAR,
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"last_error": LOW},
    },
    "imports.Import": {
        "purpose": _("to bring in what the company knows already"),
        "kept": WHILE_SERVED,
        "erased": IS_CUT_OUT,
        "others": {"columns": LOW},
        "named": {"name": LOW},
    },
    "imports.ImportPart": {
        "purpose": _("to bring in what the company knows already"),
        "kept": _("30 days"),
        "until": "imports.forget_old",
        "erased": IS_CUT_OUT,
        "by": "apps.imports.forget.blank_rows",
        "fields": {"rows_sealed": HIGH, "found_sealed": MEDIUM, "journal_sealed": HIGH},
    },
    "imports.Pass": {
        "purpose": HEAR,
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"last_error": LOW},
    },
    "followups.Note": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"text": HIGH, "written_at": LOW, "changed_at": LOW},
        "others": {"text": HIGH},
    },
    "followups.NotePicture": {
        "person": "note__contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"sealed": HIGH, "width": LOW, "height": LOW},
    },
    "followups.Lead": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {
            "stage": LOW,
            "stage_since": LOW,
            "amount": MEDIUM,
            "lost_reason": MEDIUM,
            "opened_at": LOW,
            "closed_at": LOW,
            "touched_at": LOW,
        },
    },
    "followups.Task": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"text": HIGH, "due_at": LOW, "done_at": LOW},
        "others": {"text": HIGH},
    },
    "followups.Notice": {
        "person": "contact",
        "purpose": SERVE,
        "kept": WHILE_SERVED,
        "erased": GOES,
        "fields": {"at": LOW, "seen_at": LOW, "sent_at": LOW},
    },
    "exports.Export": {
        "purpose": _("to prove who took out what, and what for"),
        "kept": AS_EMPLOYEE,
        "erased": IS_CUT_OUT,
        "others": {"query": LOW},
        "named": {"reason": LOW},
    },
    "exports.ExportPart": {
        "purpose": _("to hand over what somebody takes out"),
        "kept": _("24 hours"),
        "until": "exports.forget_old",
        "erased": IS_CUT_OUT,
        "by": "apps.exports.forget.take_out",
        "fields": {"about": LOW, "rows_sealed": HIGH},
    },
    "exports.Writing": {
        "purpose": HEAR,
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"last_error": LOW},
    },
    "lists.SavedView": {
        "purpose": _("to keep the filters of a list"),
        "kept": _("until somebody deletes the view"),
        "erased": IS_CUT_OUT,
        "others": {"name": LOW, "query": LOW},
    },
    "lists.BatchRow": {
        "purpose": _("to show and take back what was done to many"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"why": LOW},
    },
    "lists.Batch": {
        "purpose": _("to show and take back what was done to many"),
        "kept": _("30 days"),
        "until": "jobs.forget_done",
        "erased": IS_CUT_OUT,
        "others": {"last_error": LOW},
    },
    "audit.AuditRow": {
        "purpose": PROVE,
        "kept": _("for ever; nobody can read what is personal once the key is gone"),
        "erased": KEY_GOES,
        "fields": {"sealed": HIGH, "before": LOW, "after": LOW, "reason": LOW},
    },
    "audit.ContactKey": {
        "purpose": PROVE,
        "kept": WHILE_SERVED,
        "erased": KEY_GOES,
        "by": "apps.audit.sealed_values.forget_person",
        "fields": {"sealed": HIGH},
    },
    "staff.User": {
        "purpose": STAFF,
        "kept": AS_EMPLOYEE,
        "erased": STAYS,
        "fields": {
            "username": MEDIUM,
            "first_name": MEDIUM,
            "last_name": MEDIUM,
            "email": HIGH,
            "password": HIGH,
        },
    },
    "staff.Employee": {
        "purpose": STAFF,
        "kept": AS_EMPLOYEE,
        "erased": STAYS,
        "fields": {
            "wecom_id": LOW,
            "name": MEDIUM,
            "alias": MEDIUM,
            "position": MEDIUM,
            "sort_key": MEDIUM,
            "spelling": MEDIUM,
            "grams": MEDIUM,
        },
    },
    "staff.FormerAccount": {
        "purpose": STAFF,
        "kept": AS_EMPLOYEE,
        "erased": STAYS,
        "fields": {"wecom_id": LOW},
    },
    "sync.AccountRead": {
        "purpose": _("to stay in step with WeCom"),
        "kept": AS_EMPLOYEE,
        "erased": STAYS,
        "fields": {"account": LOW},
    },
    "sessions.Session": {
        "purpose": STAFF,
        "kept": _("until it expires"),
        "until": "staff.forget_sign_ins",
        "erased": STAYS,
        "fields": {"session_key": HIGH, "session_data": LOW},
    },
    **{
        f"axes.{model}": {
            "purpose": _("to keep strangers out"),
            "kept": _("180 days"),
            "until": "staff.forget_sign_ins",
            "erased": STAYS,
            "fields": fields,
        }
        for model, fields in {
            "AccessFailureLog": {
                "username": MEDIUM,
                "ip_address": MEDIUM,
                "user_agent": LOW,
                "http_accept": LOW,
                "path_info": LOW,
            },
            "AccessAttempt": {
                "username": MEDIUM,
                "ip_address": MEDIUM,
                "user_agent": LOW,
                "http_accept": LOW,
                "path_info": LOW,
                "get_data": LOW,
                "post_data": LOW,
            },
            "AccessLog": {
                "username": MEDIUM,
                "ip_address": MEDIUM,
                "user_agent": LOW,
                "http_accept": LOW,
                "path_info": LOW,
                "session_hash": LOW,
            },
        }.items()
    },
}
DATA_MAP["audit.AuditRow"]["fields"] |= {"address": MEDIUM}

# What the columns of every job say about the work, and nothing about a person.
OF_A_JOB = ("lane", "status")

# Fields that hold nothing of a person; "*" for every field of a model.
NOT_PERSONAL: dict[str, tuple[str, ...]] = {
    "admin.LogEntry": ("*",),  # never written: the audit has its own table
    "auth.Permission": ("*",),
    "auth.Group": ("*",),
    "contenttypes.ContentType": ("*",),
    "axes.AccessAttemptExpiration": ("*",),
    "common.Slot": ("*",),
    "common.Presence": ("*",),
    "common.Absence": ("*",),
    "common.KeptAnswer": ("scope", "key", "body_digest"),
    "common.Allowance": ("*",),  # a number of a sign-in or a key, and a count
    "audit.AuditRow": ("deed", "about_kind", "request_id", "door"),
    "events.EventRecord": ("source",),
    "events.Delivery": (*OF_A_JOB, "subscriber"),
    "wecom.Seen": ("*",),  # a digest, for 90 days
    "wecom.Callback": (*OF_A_JOB, "receiver", "event", "change_type"),
    "wecom.Command": (*OF_A_JOB, "call", "answer"),
    "wecom.AccessToken": ("*",),
    "wecom.Quota": ("*",),
    "wecom.CallSlot": ("*",),
    "wecom.Residence": ("*",),
    "staff.Department": ("*",),
    "staff.Posting": ("*",),
    "staff.Reach": ("*",),
    "clients.Client": ("*",),
    "clients.Key": ("*",),
    "contacts.Contact": ("standing", "pinned"),
    "contacts.Identity": ("source",),
    "contacts.Attribute": ("*",),
    "contacts.AttributeChoice": ("*",),
    "contacts.AttributeValue": ("source",),
    "contacts.ConsentRecord": ("source",),
    "contacts.ConsentText": ("*",),
    "contacts.Erased": ("*",),  # digests that cannot be turned back
    "contacts.Erasure": ("*",),  # a number, and a reference without personal data
    "contacts.Merge": ("reasons",),
    "contacts.Moved": ("model", "field", "last_key"),
    "contacts.Proposal": ("*",),  # numbers and reasons; gone with either contact
    "contacts.Uncompared": ("*",),  # likewise
    "contacts.Walk": ("*",),
    "tags.TagGroup": ("*",),
    "tags.Tag": ("*",),
    "tags.Tagging": ("source", "by"),  # by: one of our own people
    "tags.TagChange": ("*",),  # names of tags
    "orders.Product": ("*",),
    "orders.Order": ("system", "lines_digest"),
    "behaviour.Behaviour": ("system",),
    "groups.GroupChat": ("*",),
    "groups.Stay": ("left_by",),
    "rules.KeptSet": ("*",),  # numbers and conditions, worked out anew; soon forgotten
    "rules.Fact": ("*",),  # counts and sums, worked out anew within a minute
    "rules.FactsDay": ("*",),
    "rules.Sheet": ("*",),  # numbers by day, made anew within a minute
    "rules.Spoilt": ("*",),
    "rules.Touched": ("*",),  # numbers, gone within a minute
    "assignment.Handover": ("*",),  # who of us gives to whom
    "assignment.Offer": ("taker_name",),  # one of us
    "assignment.Pool": ("*",),
    "assignment.AssignmentRule": ("*",),  # conditions, and who of us is given whom
    "assignment.Dealt": ("*",),  # counts of our own people
    "assignment.Skill": ("*",),
    "channels.Channel": ("*",),  # codes and who of us stands there
    "channels.Turn": ("*",),  # counts of our own people
    "channels.ChannelDay": ("*",),
    "joins.GroupCode": ("*",),  # codes, and which groups stand behind them
    "joins.Behind": ("*",),
    "channels.LinkDay": ("*",),  # counts of a link
    "channels.Quota": ("*",),
    "channels.Balance": ("*",),
    "followups.Stage": ("*",),
    "followups.WorkSetting": ("*",),
    "followups.Mention": ("*",),  # one of our own people
    "followups.Task": ("kind",),
    "followups.Notice": ("kind",),
    "welcomes.Welcome": ("*",),  # what we say to everybody
    "welcomes.Greeter": ("*",),  # for whom of us
    "wecom.Media": ("*",),  # pictures and files that we send to everybody
    "segments.Segment": ("kind", "topics"),
    "loyalty.Level": ("*",),
    "loyalty.EarningRule": ("*",),
    "loyalty.PointsSetting": ("*",),
    "scoring.LifetimeFit": ("*",),  # parameters and sums of all customers
    "scoring.Sold": ("*",),  # products, and how many bought them
    "scoring.Together": ("*",),
    "scoring.Aim": ("*",),  # which outcome, and names of features
    "scoring.Predictor": ("*",),  # numbers and sums of all contacts
    "scoring.Foretelling": ("*",),  # how far it has come
    "scoring.Standing": ("generation", "due_at"),
    "scoring.ScoreVersion": (
        *("number", "state", "ends", "scene", "points", "counts", "a_day"),
        *("half_life", "cap", "first_day", "last_day", "slot", "landmark", "trouble"),
        *("ready_at", "in_force_at", "ended_at"),
    ),
    "scoring.ScoreGroup": ("*",),
    "scoring.GradeSetting": ("*",),  # thresholds
    "scoring.GradeTask": ("*",),  # what is to be done for a grade
    "scoring.Rescore": ("*",),
    "segments.RfmSetting": ("*",),  # cut points, and names of cells
    "posters.Background": ("*",),  # our own pictures
    "posters.Poster": ("*",),
    "campaigns.Campaign": ("*",),  # what we do for a while
    "campaigns.Reward": ("*",),
    "campaigns.CouponCode": ("*",),  # which of them was given says the grant
    "campaigns.DrawTable": ("*",),
    "campaigns.Team": ("*",),  # who is in it say its members
    "referrals.Delta": ("*",),
    "referrals.Rung": ("*",),
    "errands.Errand": ("*",),  # what colleagues shall reach in a campaign
    "errands.Share": ("*",),  # numbers of an employee
    "reports.Cost": ("*",),  # money for a channel or a campaign
    "reports.Reckoning": ("*",),  # sums by channel, employee or campaign
    "autotags.Hit": ("state",),
    "autotags.TagRule": ("scene", "trouble"),  # what is wrong with a rule
    "autotags.RuleTag": ("*",),
    "segments.Refresh": ("*",),  # what is wrong with a rule
    "sync.Pull": (*OF_A_JOB, "doing", "scope", "accounts", "source", "counts"),
    "sync.Chain": ("step",),
    "sync.Sighting": ("step", "whole"),
    "sync.Difference": ("step", "thing", "kind", "field"),
    "lists.SavedView": ("list", "titles", "shared", "opens_for"),
    "lists.Place": ("*",),
    "lists.Batch": (*OF_A_JOB, "doing", "list", "action", "options"),
    "lists.BatchRow": ("state", "journal"),  # numbers
    "exports.Export": ("kind", "form", "columns", "name"),  # a name of ours
    "exports.Writing": (*OF_A_JOB, "doing"),
    "exports.Preset": ("*",),  # columns
    "imports.Import": ("kind", "system", "digest", "meanings", "counts", "stayed"),
    "imports.Pass": (*OF_A_JOB, "doing", "what"),
}
