"""What WeCom's error codes say of a command that has failed."""

from django.utils.translation import gettext

from apps.common.dead_letters import EXPLAINED_BY, Explanation
from apps.common.jobs import Job
from apps.wecom.errcodes import explain
from apps.wecom.models import Command


def of_an_error_code(job: Job) -> Explanation | None:
    if not isinstance(job, Command) or not job.errcode or job.bugs:
        return None
    if job.status != Job.Status.FAILED:
        return None
    explanation = explain(job.errcode)
    return Explanation(
        title=gettext("WeCom refused it"),
        why=f"{explanation.cause}。",
        to_do=gettext("%(remedy)s. Then try it again.")
        % {"remedy": explanation.remedy},
        code=gettext("error code %(errcode)d") % {"errcode": job.errcode},
    )


def fill() -> None:
    if of_an_error_code not in EXPLAINED_BY:
        EXPLAINED_BY.append(of_an_error_code)
