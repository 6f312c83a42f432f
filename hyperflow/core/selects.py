"""Drop-down lists of hundreds of people: written in one go, where Django renders a template for each option."""

from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe


class LongSelect(forms.Select):
    """The same list as a `Select` shows, for choices without groups. Mixes into a themed widget as well."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        return []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        around = super().render(name, value, attrs, renderer)
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if str(key or "") in chosen else "", label) for key, label in self.choices),
        )
        # Around the options is the theme's own markup; within it, escaped text.
        return mark_safe(around.replace("</select>", f"{options}</select>", 1))  # noqa: S308
