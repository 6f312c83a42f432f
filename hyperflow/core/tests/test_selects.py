"""Long drop-down lists say what Django's own would say."""

import re

import pytest
from django import forms

from hyperflow.core.selects import LongSelect

CHOICES = [("", "All"), (1, "Ada"), (2, '<b>Bob</b> & "Co"'), ("x'y", "Cleo")]


@pytest.mark.parametrize("value", [None, "", "2", 2, "x'y", "nobody"])
def test_a_long_list_says_what_a_short_one_says(value):
    def written(widget):
        html = widget(attrs={"class": "wide"}, choices=CHOICES).render("person", value, {"id": "id_person"})
        return re.sub(r"\s*\n\s*", "", html)

    assert written(LongSelect) == written(forms.Select)
