"""What behaviour brings to the contact page: it stands on the timeline."""

from django.utils.translation import gettext_lazy as _

from apps.contacts.panels import Look, theme

theme("behaviour", title=_("Behaviour"), looks={"BehaviourReported": Look("ads_click")})
