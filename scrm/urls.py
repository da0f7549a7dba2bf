"""Every public address of the product."""

from http import HTTPStatus

from django.contrib import admin
from django.urls import path, re_path
from django.views import defaults

from apps.assignment.api import OwnerOfContact
from apps.backoffice.health import healthz, readyz
from apps.backoffice.metrics import metrics
from apps.behaviour.api import Behaviours
from apps.campaigns.api import OneRedemption, Redemptions
from apps.clients.api import WhoAmI
from apps.common.api import reading
from apps.common.api.problems import instead_of_pages
from apps.common.api.views import NoSuchAddress
from apps.contacts.consent_api import Consents
from apps.followups.api import Leads, OneLead, StageOfLead, Stages
from apps.followups.work_api import NotesOfContact, OneTask, TasksOfContact
from apps.h5 import views as h5
from apps.loyalty.api import Ledger, Levels, OneMembership
from apps.miniprogram.api import Renewal, SignIn, SignOut
from apps.miniprogram.campaigns_api import Campaigns, Join, OneCampaign
from apps.miniprogram.events_api import Seen
from apps.miniprogram.invites_api import (
    Leaderboard,
    MyHelpers,
    MyInvite,
    MyProgress,
)
from apps.miniprogram.me_api import Me, MiniLevels, MyMembership, MyPhone, MyPoints
from apps.miniprogram.poster_api import MyPoster
from apps.miniprogram.prizes_api import Claim, Draws, MyAddress, MyPrizes
from apps.miniprogram.teams_api import JoinTeam, OneTeam, Teams
from apps.orders.api import OneOrder, Orders
from apps.reports.api import Attribution, Returns
from apps.scoring.api import Score
from apps.scoring.foretold_api import NextBest, Outlook
from apps.segments.api import IsMember, Members, OneSegment, Segments
from apps.tags.api import CarriedTags, Tags
from apps.wecom.models import Receiver
from apps.wecom.views import CallbackView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("wecom/callback/", CallbackView.as_view()),
    path("wecom/callback/contacts/", CallbackView.as_view(receiver=Receiver.CONTACTS)),
    path("api/v1/client", WhoAmI.as_view()),
    path("api/v1/consents", Consents.as_view()),
    path("api/v1/contacts/<int:contact_id>/notes", NotesOfContact.as_view()),
    path("api/v1/contacts/<int:contact_id>/owner", OwnerOfContact.as_view()),
    path("api/v1/contacts/<int:contact_id>/next-best", NextBest.as_view()),
    path("api/v1/contacts/<int:contact_id>/outlook", Outlook.as_view()),
    path("api/v1/contacts/<int:contact_id>/tags", CarriedTags.as_view()),
    path("api/v1/contacts/<int:contact_id>/score", Score.as_view()),
    path("api/v1/contacts/<int:contact_id>/tasks", TasksOfContact.as_view()),
    path("api/v1/contacts/<int:contact_id>/membership", OneMembership.as_view()),
    path("api/v1/contacts/<int:contact_id>/points", Ledger.as_view()),
    path("api/v1/events", Behaviours.as_view()),
    path("api/v1/leads", Leads.as_view()),
    path("api/v1/leads/<int:lead_id>", OneLead.as_view()),
    path("api/v1/leads/<int:lead_id>/stage", StageOfLead.as_view()),
    path("api/v1/levels", Levels.as_view()),
    path("api/v1/mini/campaigns", Campaigns.as_view()),
    path("api/v1/mini/campaigns/<str:slug>", OneCampaign.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/draws", Draws.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/helpers", MyHelpers.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/invite", MyInvite.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/join", Join.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/leaderboard", Leaderboard.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/poster", MyPoster.as_view()),
    path("api/v1/mini/campaigns/<str:slug>/progress", MyProgress.as_view()),
    path(
        "api/v1/mini/campaigns/<str:slug>/prizes/<int:reward_id>/claim",
        Claim.as_view(),
    ),
    path("api/v1/mini/campaigns/<str:slug>/teams", Teams.as_view()),
    path("api/v1/mini/events", Seen.as_view()),
    path("api/v1/mini/levels", MiniLevels.as_view()),
    path("api/v1/mini/me", Me.as_view()),
    path("api/v1/mini/me/membership", MyMembership.as_view()),
    path("api/v1/mini/me/phone", MyPhone.as_view()),
    path("api/v1/mini/me/points", MyPoints.as_view()),
    path("api/v1/mini/me/prizes", MyPrizes.as_view()),
    path("api/v1/mini/me/prizes/<int:grant_id>/address", MyAddress.as_view()),
    path("api/v1/mini/sign-in", SignIn.as_view()),
    path("api/v1/mini/sign-out", SignOut.as_view()),
    path("api/v1/mini/teams/<str:ref>", OneTeam.as_view()),
    path("api/v1/mini/teams/<str:ref>/join", JoinTeam.as_view()),
    path("api/v1/mini/tokens", Renewal.as_view()),
    path("api/v1/orders", Orders.as_view()),
    path("api/v1/orders/<int:order_id>", OneOrder.as_view()),
    path("api/v1/redemptions", Redemptions.as_view()),
    path("api/v1/redemptions/<str:code>", OneRedemption.as_view()),
    path("api/v1/reports/attribution", Attribution.as_view()),
    path("api/v1/reports/return", Returns.as_view()),
    path("api/v1/segments", Segments.as_view()),
    path("api/v1/segments/<int:segment_id>", OneSegment.as_view()),
    path("api/v1/segments/<int:segment_id>/members", Members.as_view()),
    path(
        "api/v1/segments/<int:segment_id>/members/<int:contact_id>",
        IsMember.as_view(),
    ),
    path("api/v1/stages", Stages.as_view()),
    path("api/v1/tags", Tags.as_view()),
    path("api/v1/tasks/<int:task_id>", OneTask.as_view()),
    path("api/", reading.page, name="api-reading"),
    path("api/problems/", reading.problems, name="api-problems"),
    path("api/schema/", reading.schema, name="api-schema"),
    re_path(r"^api/.*$", NoSuchAddress.as_view()),
    path("h5/<slug:slug>/", h5.campaign, name="h5-campaign"),
    path("h5/<slug:slug>/code.png", h5.code, name="h5-code"),
    path("h5/<slug:slug>/<str:token>/", h5.mine, name="h5-mine"),
    path("h5/<slug:slug>/<str:token>/poster.jpg", h5.poster, name="h5-poster"),
    path("h5/<slug:slug>/<str:token>/claim/", h5.claim_prize, name="h5-claim"),
    path("h5/<slug:slug>/<str:token>/address/", h5.address, name="h5-address"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]

handler400 = instead_of_pages(HTTPStatus.BAD_REQUEST, defaults.bad_request)
handler403 = instead_of_pages(HTTPStatus.FORBIDDEN, defaults.permission_denied)
handler404 = instead_of_pages(HTTPStatus.NOT_FOUND, defaults.page_not_found)
handler500 = instead_of_pages(HTTPStatus.INTERNAL_SERVER_ERROR, defaults.server_error)
