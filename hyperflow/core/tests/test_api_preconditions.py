"""ETag and If-Match: two people who edit one row do not overwrite each other."""

import pytest

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from hyperflow.core.api.preconditions import NO_VERSION, expected_version
from hyperflow.core.errors import BadRequest


@pytest.mark.parametrize(
    ("header", "version"),
    [(None, None), ("*", None), (" * ", None), ('"v3"', 3), (' "v3" ', 3), ('W/"v3"', NO_VERSION), ('"x"', NO_VERSION),
     ('""', NO_VERSION), ('"v0"', NO_VERSION), ('"v99999999999"', NO_VERSION)],
)  # fmt: skip
def test_a_tag_names_a_version(header, version):
    assert expected_version(header) == version


@pytest.mark.parametrize("header", ["", "v3", "3", '"v3', '"v3", "v4"', "'v3'", '"' * 50_000, '"v\u0663"'])
def test_what_is_no_tag_is_refused(header):
    with pytest.raises(BadRequest) as refusal:
        expected_version(header)

    assert refusal.value.code == "invalid_if_match"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_two_who_read_the_same_one_wins(api, method):
    client = ClientFactory(name="Before")
    path = f"/api/client/clients/{client.pk}"
    ann, ben = api(UserFactory(as_="manager")), api(UserFactory(as_="manager"))
    tag = ann.get(path).headers["ETag"]

    first = getattr(ann, method)(path, {"client_name": "Ann's"}, headers={"If-Match": tag})
    second = getattr(ben, method)(path, {"client_name": "Ben's"}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] != tag
    assert second.json()["code"] == "precondition_failed"
    client.refresh_from_db()
    assert client.name == "Ann's"


@pytest.mark.django_db
def test_any_version_will_do_for_a_star_and_without_a_header(api):
    client = ClientFactory()
    manager, path = api(UserFactory(as_="manager")), f"/api/client/clients/{client.pk}"

    assert manager.put(path, {"client_name": "A"}, headers={"If-Match": "*"}).status_code == 200
    assert manager.put(path, {"client_name": "B"}).status_code == 200


@pytest.mark.django_db
def test_what_is_not_there_is_404_whatever_it_should_match(api):
    reply = api(UserFactory(as_="manager")).put(
        "/api/client/clients/999", {"client_name": "A"}, headers={"If-Match": '"v1"'}
    )

    assert reply.status_code == 404
