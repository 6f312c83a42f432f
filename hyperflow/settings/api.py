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
    "DESCRIPTION": "The API of an agency on one database.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/",
}
