"""The API for other systems, as REST framework and the maker of its document see it."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.clients.authentication.ByKey"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.clients.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.api.limits.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.api.parsing.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "apps.common.api.schema.Operations",
    "EXCEPTION_HANDLER": "apps.common.api.problems.answered",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "SCRM",
    "VERSION": "1",
    "DESCRIPTION": "What other systems tell us, and may ask. See docs/api.md.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ConsentOutOutcomeEnum": ["kept", "repeated", "passed_over"],
        "EntryOutKindEnum": "apps.loyalty.models.PointsEntry.Kind",
        "GrantStatusEnum": "apps.campaigns.models.Grant.Status",
        "StatusEnum": "apps.orders.models.Order.Status",
        "RewardKindEnum": "apps.campaigns.models.Reward.Kind",
        "CampaignKindEnum": "apps.campaigns.models.Campaign.Kind",
        "TeamStatusEnum": "apps.campaigns.models.Team.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.common.api.schema.with_what_all_share",
    ],
}
