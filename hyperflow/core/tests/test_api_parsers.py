"""Bodies: what two programs could read differently is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import UserFactory
from hyperflow.core.api.parsers import loads
from hyperflow.core.errors import BadRequest, Invalid


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"{}x", "malformed_json"),
        (b"{'a': 1}", "malformed_json"),
        (b'{"a": 1, "a": 2}', "malformed_json"),
        (b'{"a": {"b": 1, "b": 1}}', "malformed_json"),
        (b'{"a": NaN}', "malformed_json"),
        (b'{"a": -Infinity}', "malformed_json"),
        (b'{"a": 1e400}', "malformed_json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "malformed_json"),
        (b'{"a": "\\u0000"}', "malformed_json"),
        (b'{"\\u0000": 1}', "malformed_json"),
        (b'{"a": "\x00"}', "malformed_json"),
        (b'{"a": "\\ud800"}', "malformed_json"),
        (b'{"a": "\xff\xfe"}', "malformed_json"),
        (b"\xef\xbb\xbf{}", "malformed_json"),
        ("{}".encode("utf-16"), "malformed_json"),
        (b"[" * 100_000, "json_too_deep"),
        (b'{"a":' * 100_000, "json_too_deep"),
        (b"[" * 21 + b"]" * 21, "json_too_deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json_too_deep"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused(body, code):
    with pytest.raises(BadRequest) as refusal:
        loads(body)

    assert refusal.value.code == code


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_beyond_64_bits_is_refused_by_name(number):
    with pytest.raises(Invalid) as refusal:
        loads(json.dumps({"lines": [{"quantity": number}]}).encode())

    assert (refusal.value.field, refusal.value.extra) == ("lines.0.quantity", {})


def test_twenty_levels_are_read():
    assert loads(b"[" * 20 + b"]" * 20) == json.loads("[" * 20 + "]" * 20)


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0, 0.1, 1e308])
def test_numbers_of_64_bits_are_read(number):
    assert loads(json.dumps([number]).encode()) == [number]


def test_a_pair_of_surrogates_is_one_character():
    assert loads(b'["\\ud83d\\ude00"]') == ["😀"]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(values)
def test_whatever_is_written_is_read_back(value):
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw):
    with suppress(BadRequest, Invalid):
        loads(raw)


@pytest.mark.parametrize(("charset", "status"), [("latin-1", 415), ("utf-16", 415), ("UTF-8", 201), ('"utf-8"', 201)])
@pytest.mark.django_db
def test_json_is_in_utf_8(api, charset, status):
    caller = api(UserFactory(as_="manager"))
    kind = f"application/json; charset={charset}"

    reply = caller.generic("POST", "/api/client/clients", b'{"client_name": "Acme"}', content_type=kind)

    assert reply.status_code == status
