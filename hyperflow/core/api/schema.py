"""What the OpenAPI document says of a view: exactly what the view's own tables say."""

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    pass
