"""What each event means, as a sentence whose subject is the contact."""

from django.utils.translation import gettext_lazy as _

from apps.assignment.models import AssignmentRule, Pool
from apps.behaviour.models import Behaviour
from apps.campaigns.models import Campaign, Reward
from apps.contacts.models import Attribute
from apps.events.telling import NAMED, SENTENCES
from apps.followups.models import Note, Stage, Task
from apps.groups.models import GroupChat
from apps.loyalty.models import Level, PointsEntry
from apps.orders.models import Order
from apps.segments.models import Segment
from apps.staff.models import Employee
from apps.tags.models import Tag


def fill() -> None:
    NAMED.update(
        {
            "attribute": Attribute,
            "behaviour": Behaviour,
            "campaign": Campaign,
            "employee": Employee,
            "group": GroupChat,
            "level": Level,
            "note": Note,
            "order": Order,
            "points_entry": PointsEntry,
            "pool": Pool,
            "reward": Reward,
            "rule": AssignmentRule,
            "segment": Segment,
            "stage": Stage,
            "tag": Tag,
            "task": Task,
        }
    )
    SENTENCES.update(
        {
            "ContactCreated": _("became known"),
            "ContactsMerged": _("was merged with another contact"),
            "MergeUndone": _("a merge was taken back"),
            "FollowStarted": _("became connected with %(employee)s"),
            "FollowEnded:contact": _("deleted %(employee)s"),
            "FollowEnded:employee": _("was deleted by %(employee)s"),
            "FollowEnded:transfer": _("was moved from %(employee)s to a colleague"),
            "FollowEnded:resigned": _("lost %(employee)s, who left the company"),
            "TransferFailed:customer_refused": _("refused to move to %(employee)s"),
            "TransferFailed:customer_limit_exceed": _(
                "could not move to %(employee)s, who has too many contacts"
            ),
            "ArchivingAgreed": _("agreed that %(employee)s's chat is archived"),
            "WelcomeAllowed": _("may be greeted for %(employee)s"),
            "WelcomeSent": _("was greeted for %(employee)s"),
            "WelcomeMissed": _("was not greeted for %(employee)s"),
            "CampaignJoined": _("took part in the campaign %(campaign)s"),
            "RewardGranted": _("won %(reward)s in the campaign %(campaign)s"),
            "RewardDelivered": _("got %(reward)s"),
            "RewardVoided": _("lost %(reward)s, which was taken back"),
            "TeamSettled:full": _("completed a team of %(campaign)s"),
            "TeamSettled:failed": _("was in a team of %(campaign)s that failed"),
            "CampaignLaunched": _("%(campaign)s was launched"),
            "CampaignEnded": _("%(campaign)s ended"),
            "EmployeeLeft": _("%(employee)s left the company"),
            "GroupJoined": _("joined the group %(group)s"),
            "GroupLeft": _("left the group %(group)s"),
            "GroupLeft:removed": _("was removed from the group %(group)s"),
            "GroupLeft:dismissed": _("lost the group %(group)s, which was dismissed"),
            "GroupLeft:gone": _("is no longer listed in the group %(group)s"),
            "AccountRenamed": _("%(employee)s has another WeCom account"),
            "TagDeleted": _("the tag %(tag)s was deleted"),
            "AttributesChanged": _("%(attribute)s changed"),
            "GradeChanged:better": _("came into a better grade"),
            "GradeChanged:worse": _("came into a lower grade"),
            "Tagged": _("got the tag %(tag)s"),
            "Untagged": _("lost the tag %(tag)s"),
            "OrderPlaced": _("placed the order %(order)s"),
            "OrderPaid": _("paid the order %(order)s"),
            "OrderShipped": _("was sent the order %(order)s"),
            "OrderReceived": _("received the order %(order)s"),
            "OrderRefunded": _("got money back for the order %(order)s"),
            "OrderRefundedMore": _("got more money back for the order %(order)s"),
            "OrderTakenBack": _("the import of an order was taken back"),
            "BehaviourReported": _("did elsewhere: %(behaviour)s"),
            "PointsChanged": _("points %(points_entry)s"),
            "PointsChanged:earned": _("earned points: %(points_entry)s"),
            "PointsChanged:taken_back": _("points were taken back: %(points_entry)s"),
            "PointsChanged:spent": _("spent points: %(points_entry)s"),
            "PointsChanged:given_back": _("points came back: %(points_entry)s"),
            "PointsChanged:expired": _("points expired: %(points_entry)s"),
            "PointsChanged:corrected": _("points were corrected: %(points_entry)s"),
            "LevelChanged": _("stands on the member level %(level)s"),
            "SegmentEntered": _("came into the segment %(segment)s"),
            "SegmentLeft": _("left the segment %(segment)s"),
            "OwnerChanged": _("was given to %(employee)s"),
            "OwnerChanged:rule": _("was given to %(employee)s by the rule %(rule)s"),
            "OwnerChanged:claim": _("was claimed from the pool by %(employee)s"),
            "OwnerChanged:handover": _("was handed over to %(employee)s"),
            "OwnerChanged:rule_pool": _("waits in %(pool)s: nobody was free"),
            "OwnerChanged:reclaim_pool": _(
                "was taken back into %(pool)s: nobody followed up"
            ),
            "OwnerChanged:return_pool": _("was given back into %(pool)s"),
            "OwnerChanged:hand_pool": _("was put into %(pool)s"),
            "OwnerChanged:many_pool": _("was put into %(pool)s"),
            "OwnerChanged:import_pool": _("was put into %(pool)s"),
            "OwnerChanged:client_pool": _("was put into %(pool)s"),
            "FollowedUp": _("was followed up: %(note)s"),
            "LeadOpened": _("became a lead: %(stage)s"),
            "StageChanged": _("came into the stage %(stage)s"),
            "StageChanged:won": _("was won: %(stage)s"),
            "StageChanged:lost": _("was lost: %(stage)s"),
            "TaskAdded": _("has a next step: %(task)s"),
            "TaskDone": _("a step was done: %(task)s"),
            "TaskOverdue": _("a step is overdue: %(task)s"),
        }
    )
