"""How `/api/` answers. Closed unless a view opens itself by name."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["hyperflow.core.api.permissions.NeedsPermission"],
    "DEFAULT_RENDERER_CLASSES": ["hyperflow.core.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hyperflow.core.api.parsers.SafeJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "hyperflow.core.api.schema.Schema",
    "DEFAULT_PAGINATION_CLASS": None,
    "EXCEPTION_HANDLER": "hyperflow.core.api.problems.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "hyperflow.core.api.renderers.JSONOnly",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "HyperFlow",
    "DESCRIPTION": (
        "The API of an agency on one database.\n\nLists are arrays; the `Link` header leads to the next page. "
        "Every refusal is a problem document (RFC 9457) whose `code` is stable. Unknown fields are refused."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    "SCHEMA_COERCE_PATH_PK": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    },
    # Choices stay where they are used: named components would be renamed whenever another `status` comes along.
    "POSTPROCESSING_HOOKS": ["hyperflow.core.api.schema.share_problems", "hyperflow.core.api.schema.name_ids"],
}
