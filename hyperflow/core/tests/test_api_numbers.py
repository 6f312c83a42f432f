"""Decimals from JSON: exact, and what a program's floats meant."""

from decimal import Decimal

import pytest
from rest_framework.exceptions import ValidationError

from hyperflow.core.api.fields import HoursField


@pytest.mark.parametrize(
    ("sent", "kept"), [(0.1 + 0.2, "0.3"), (7.5, "7.5"), (1.1 * 3, "3.3"), (99999.99, "99999.99"), ("2.25", "2.25")]
)
def test_the_noise_of_a_float_is_not_taken_for_digits(sent, kept):
    assert HoursField().to_internal_value(sent) == Decimal(kept)


@pytest.mark.parametrize("sent", [0.125, "0.30000000000000004", 1e300, float("nan"), True, "1e3", -0.5])
def test_digits_that_are_meant_are_not_cut_off(sent):
    with pytest.raises(ValidationError):
        HoursField().to_internal_value(sent)
