"""The table of answers: who hears what WeCom answered to a question of ours."""

from apps.assignment import handover_results, handover_send, handover_settle
from apps.autotags import put_on as tag_rules
from apps.channels import balance, codes, draw, links, put_on, settle_unknown
from apps.joins import codes as group_codes
from apps.posters import avatars
from apps.referrals import doors
from apps.sync import heard_contacts, heard_groups, heard_staff, heard_tags
from apps.tags import ask_wecom, marked
from apps.wecom import media
from apps.welcomes import result, try_out

ANSWERS = {
    **heard_contacts.ANSWERS,
    **heard_groups.ANSWERS,
    **heard_tags.ANSWERS,
    **heard_staff.ANSWERS,
    **marked.ANSWERS,
    **ask_wecom.ANSWERS,
    **codes.ANSWERS,
    **group_codes.ANSWERS,
    **links.ANSWERS,
    **balance.ANSWERS,
    **draw.ANSWERS,
    **avatars.ANSWERS,
    **settle_unknown.ANSWERS,
    **doors.ANSWERS,
    **put_on.ANSWERS,
    **tag_rules.ANSWERS,
    **handover_send.ANSWERS,
    **handover_results.ANSWERS,
    **handover_settle.ANSWERS,
    **media.ANSWERS,
    **result.ANSWERS,
    **try_out.ANSWERS,
}
