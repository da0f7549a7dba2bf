"""How a contact came to us: WeCom's numbers, in words (wecom-api.md 3.1, add_way).

19, 20 and 23 are not documented; unknown numbers are kept as they come.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AddWay(models.IntegerChoices):
    UNKNOWN = 0, _("unknown")
    QR_CODE = 1, _("scanned a QR code")
    PHONE = 2, _("searched by phone")
    CARD = 3, _("business card")
    GROUP = 4, _("group chat")
    PHONE_BOOK = 5, _("phone book")
    WECHAT_CONTACT = 6, _("WeChat contact")
    WECHAT_REQUEST = 7, _("friend request from WeChat")
    THIRD_PARTY_SERVICE = 8, _("service staff of an app")
    EMAIL = 9, _("searched by e-mail")
    CHANNELS = 10, _("WeChat Channels")
    CALENDAR = 11, _("calendar participant")
    MEETING = 12, _("meeting participant")
    WECHAT_FRIEND = 13, _("WeCom of a WeChat friend")
    HARDWARE = 14, _("smart hardware service")
    ON_SITE = 15, _("on-site service")
    ACQUISITION_LINK = 16, _("acquisition link")
    CUSTOM = 17, _("custom development")
    DEMAND = 18, _("reply to a demand")
    PRE_SALES = 21, _("third-party pre-sales")
    PARTNER = 22, _("possible partner")
    ACCEPTED_REQUEST = 24, _("accepted a WeChat request")
    COLLEAGUE = 201, _("shared by a colleague")
    ASSIGNED = 202, _("assigned by an administrator")
