"""How work is worked off: how long it may take, and what happens by the clock."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

# How long a claim lasts, by lane: longer than the work in it may take. A worker that
# dies holds its jobs up for so long.
JOB_LEASES = {
    "welcome": timedelta(seconds=30),
    "callback": timedelta(seconds=30),
    "news": timedelta(seconds=30),
    "outgoing": timedelta(minutes=2),
    "bulk": timedelta(minutes=2),
}

# How long one job may take, also where others wait; and its first pause.
JOB_LIMIT = timedelta(minutes=1)
JOB_LIMIT_HURRIED = timedelta(seconds=5)
JOB_BACKOFF = timedelta(seconds=5)

# How often lanes with work due are rung again, in case a bell was lost.
SWEEP_EVERY = timedelta(seconds=30)

# Only tests let things go wrong on purpose; see common/faults.py.
FAULTS_FILE: str | None = None

# What happens by the clock: a task's name, when it is due (an interval, or a line of
# crontab in Shanghai), and what becomes of the slots at which no timetable ran; the
# rest has defaults. See common/timetable.py.
TIMETABLE: dict[str, dict[str, Any]] = {
    "jobs.forget_done": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete finished jobs that are old"),
    },
    "timetable.forget_old": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete old scheduled jobs"),
    },
    "api.forget_old_answers": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete answers of the API that are kept for repeated requests"),
    },
    "wecom.forget_old": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete old callbacks, which hold personal data"),
    },
    "miniprogram.forget_tokens": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete tokens of visitors that have expired"),
    },
    "staff.forget_sign_ins": {
        "when": "25 5 * * *",
        "missed": "once",
        "title": _("Delete old traces of sign-ins"),
    },
    "wecom.settle_abandoned": {
        "when": timedelta(seconds=30),
        "missed": "skip",
        "lane": "outgoing",
        "title": _("Settle calls to WeCom whose worker died"),
    },
    "wecom.renew_media": {
        "when": timedelta(minutes=10),
        "missed": "skip",
        "title": _("Upload files of messages again before WeCom forgets them"),
    },
    "welcomes.settle": {
        "when": timedelta(seconds=30),
        "missed": "skip",
        "title": _("Write down what became of welcomes that nobody heard of"),
    },
    "sync.read_everything_again": {
        "when": "20 2 * * *",
        "missed": "once",
        "title": _("Read everything from WeCom again"),
    },
    "sync.sweep_lists": {
        "when": timedelta(hours=1),
        "missed": "skip",
        "jitter": timedelta(minutes=10),
        "title": _("Sweep the contact lists"),
    },
    "sync.audit": {
        "when": "40 4 * * *",
        "missed": "once",
        "title": _("Audit a random sample of contacts"),
    },
    "sync.after_absences": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "lane": "news",  # which never waits behind a pull
        "title": _("Make up for what was said while we could not hear"),
    },
    "exports.forget_old": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete files that were exported more than a day ago"),
    },
    "imports.forget_old": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Delete the rows of tables that were imported a month ago"),
    },
    "tags.come_off": {
        "when": timedelta(seconds=30),
        "missed": "skip",
        "title": _("Take deleted tags of our own off whoever still has them"),
    },
    "segments.follow_changes": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Fold changes into the sets of rules, refresh segments they touch"),
    },
    "segments.refresh_all": {
        "when": "5 * * * *",
        "missed": "once",
        "title": _("Work out all segments anew"),
    },
    "scoring.reckon_lifetimes": {
        "when": "10 3 * * *",
        "missed": "once",
        "title": _("Reckon how alive customers are, and what is still to come"),
    },
    "scoring.foretell": {
        "when": "40 3 * * *",
        "missed": "once",
        "title": _("Reckon how likely the outcome is that is foretold"),
    },
    "scoring.keep_foretold": {
        "when": "5 0 1 * *",
        "missed": "once",
        "title": _("Keep what was foretold at the end of the month"),
    },
    "scoring.compare_products": {
        "when": "20 3 * * *",
        "missed": "once",
        "title": _("Look which products are bought by the same people"),
    },
    "scoring.train": {
        "when": "30 2 1 * *",
        "missed": "once",
        "title": _("Train a new prediction model"),
    },
    "scoring.follow_conditions": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("See who fits the conditions of score rules, and who no longer"),
    },
    "scoring.let_scores_fade": {
        "when": "15 * * * *",
        "missed": "once",
        "title": _("Settle scores that have faded to another number"),
    },
    "scoring.catch_up": {
        "when": "45 * * * *",
        "missed": "once",
        "title": _("Look whether anything that happened lately has earned nothing"),
    },
    "scoring.keep_month": {
        "when": "20 0 1 * *",
        "missed": "once",
        "title": _("Keep the scores of the month that is over"),
    },
    "reports.keep_long": {
        "when": "*/10 4-6 * * *",
        "missed": "skip",
        "title": _("Reckon attributions over long times"),
    },
    "posters.forget_drawn": {
        "when": timedelta(minutes=10),
        "missed": "skip",
        "title": _("Delete drawn posters that are old; they are drawn again"),
    },
    "loyalty.grow_old": {
        "when": "20 0 * * *",
        "missed": "once",
        "title": _("Let points expire, growth values grow old and levels follow"),
    },
    "campaigns.follow_the_clock": {
        "when": timedelta(minutes=1),
        "missed": "once",
        "lane": "news",  # which never waits behind a pull
        "title": _("End campaigns whose time is over"),
    },
    "campaigns.settle_teams": {
        "when": timedelta(minutes=1),
        "missed": "once",
        "lane": "news",
        "title": _("Let teams of group buys fail whose time is over"),
    },
    "channels.follow_the_clock": {
        "when": timedelta(minutes=1),
        "missed": "once",
        "lane": "news",  # which never waits behind a pull
        "title": _("Put those on each channel code whose hours have come"),
    },
    "assignment.take_back": {
        "when": "*/10 9 * * *",
        "missed": "once",
        "title": _("Tell whose customers go to the pool soon, and take them back"),
    },
    "channels.settle_unknown": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Look in WeCom whether codes were made of which nobody knows"),
    },
    "referrals.fold": {
        "when": timedelta(seconds=5),
        "missed": "skip",
        "lane": "news",  # which never waits behind a pull
        "title": _("Add up what invites have brought"),
    },
    "referrals.settle": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Count helpers who have stayed long enough"),
    },
    "referrals.give_back_codes": {
        "when": timedelta(minutes=10),
        "missed": "skip",
        "title": _("Give back the codes of campaigns that are over"),
    },
    "referrals.look_for_cheats": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Look whether what is new on invites may be cheating"),
    },
    "referrals.forget_traces": {
        "when": timedelta(minutes=10),
        "missed": "skip",
        "title": _("Delete traces of devices once a campaign is over"),
    },
    "joins.follow_the_groups": {
        "when": timedelta(minutes=2),
        "missed": "skip",
        "title": _("Put groups that have room behind their codes"),
    },
    "joins.read_all": {
        "when": "50 3 * * *",
        "missed": "once",
        "title": _("Compare codes of groups with WeCom's"),
    },
    "channels.read_balance": {
        "when": "25 * * * *",
        "missed": "skip",
        "title": _("Read how many contacts acquisition links may still bring"),
    },
    "channels.read_figures": {
        "when": "30 4 * * *",
        "missed": "once",
        "title": _("Read how acquisition links were used"),
    },
    "assignment.hand_over": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "lane": "outgoing",
        "title": _("Go on with handovers, and settle what became of their calls"),
    },
    "assignment.look_at_handovers": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "lane": "outgoing",
        "title": _("Ask WeCom who was handed over"),
    },
    "followups.remind": {
        "when": timedelta(minutes=1),
        "missed": "once",
        "lane": "news",  # which never waits behind a pull
        "title": _("Remind of what is due, tell managers of what is late"),
    },
    "followups.say_in_wecom": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Say in WeCom what employees are reminded of"),
    },
    "contacts.compare": {
        "when": timedelta(minutes=1),
        "missed": "skip",
        "title": _("Compare contacts who changed, merge those who are certain"),
    },
    "contacts.compare_everybody": {
        "when": "40 3 * * *",
        "missed": "once",
        "title": _("Look for duplicates among all contacts"),
    },
    "contacts.gather_strays": {
        "when": timedelta(minutes=5),
        "missed": "skip",
        "title": _("Gather what reached a contact after it was merged away"),
    },
    "contacts.gather_old_strays": {
        "when": "10 5 * * *",
        "missed": "once",
        "title": _("Gather what reached merged contacts within a week"),
    },
}

# How often each process says that it is here, and after how much silence of all of a
# kind an absence is written down; see common/absence.py.
PRESENCE_EVERY = timedelta(seconds=10)
ABSENT_AFTER = timedelta(seconds=30)
# How often the database is asked what time it is; None: our own clock is believed.
ASK_THE_TIME_EVERY: timedelta | None = timedelta(minutes=1)
