"""Paths of recruitment."""

from typing import Any

employee_urlpatterns: list[Any] = []
hr_urlpatterns: list[Any] = []
