"""Accounts and roles through their services: who may do what to whom, and what it ends."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Role, User
from accounts.rights import permissions_of
from accounts.services import people, roles
from accounts.tests.factories import DepartmentFactory, UserFactory
from accounts.tests.test_sessions import in_parallel
from hyperflow.core.errors import Conflict, DomainError, NotAllowed, PreconditionFailed
from hyperflow.core.models import AuditEntry, OutboxEvent

pytestmark = pytest.mark.django_db


def role(code: str) -> Role:
    return Role.objects.get(code=code)


def refusal(work: Any) -> str:
    with pytest.raises(DomainError) as refused:
        work()
    return refused.value.code


def test_an_account_is_made_with_its_details_and_written_down() -> None:
    admin = UserFactory(as_=Role.Code.ADMIN)
    department = DepartmentFactory()

    user = people.create_user(
        actor=admin, name="Ann", email="Ann@Example.com", role=role("employee"), department=department, job_title="Dev"
    )

    stored = User.objects.get(email="ann@example.com")
    assert (stored.pk, stored.department_id, stored.job_title) == (user.pk, department.pk, "Dev")
    assert not stored.has_usable_password()
    assert stored.email_verified_at is not None
    entry = AuditEntry.objects.get(action="user.create")
    assert (entry.actor_id, entry.target_id, entry.changes["email"]) == (admin.pk, user.pk, [None, "ann@example.com"])
    assert "password" not in entry.changes
    assert OutboxEvent.objects.filter(kind="user.created", subject_id=user.pk).count() == 1


def test_a_taken_address_is_refused_and_nothing_is_left() -> None:
    UserFactory(email="ann@example.com")
    for email in ("ann@example.com", "ANN@example.com"):
        assert refusal(lambda email=email: people.create_user(actor=None, name="B", email=email, role=role("hr"))) == (
            "email_taken"
        )
    assert (User.objects.count(), AuditEntry.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("stored", "other", "same"),
    [
        ("ann@example.com", "ànn@example.com", False),
        ("strasse@example.com", "straße@example.com", True),
        ("ann@example.com", "ANN@EXAMPLE.COM", True),
        ("a\u0301nn@example.com", "\u00e1nn@example.com", True),
    ],
)
def test_addresses_are_compared_exactly_on_every_database(stored: str, other: str, same: bool) -> None:
    UserFactory(email=stored)
    assert User.objects.filter(email=other).exists() is same
    if same:
        with pytest.raises(IntegrityError), transaction.atomic():
            UserFactory(email=other)
    else:
        UserFactory(email=other)
    assert User.objects.count() == (1 if same else 2)


def test_changing_to_a_taken_address_is_refused() -> None:
    UserFactory(email="ann@example.com")
    user = UserFactory(email="bob@example.com")
    assert refusal(lambda: people.change_email(user=user, actor=None, email="ANN@example.com")) == "email_taken"
    user.refresh_from_db()
    assert (user.email, user.version) == ("bob@example.com", 1)


def test_only_what_is_editable_can_be_passed() -> None:
    user = UserFactory()
    for field in ("is_active", "role", "password", "token_version", "email"):
        with pytest.raises(TypeError):
            people.update_user(user=user, actor=None, **{field: "x"})


def test_an_update_counts_the_version_and_refuses_a_stale_one() -> None:
    user = UserFactory()
    people.update_user(user=user, actor=None, job_title="Dev", expected_version=1)
    with pytest.raises(PreconditionFailed):
        people.update_user(user=user, actor=None, job_title="Lead", expected_version=1)
    user.refresh_from_db()
    assert (user.version, user.job_title) == (2, "Dev")


# -- roles of people

GIVING = [
    ("admin", "employee", "admin", None),
    ("admin", "finance", "hr", None),
    ("hr", "employee", "client", None),
    ("hr", "employee", "hr", None),
    ("hr", "employee", "manager", "role_not_allowed"),
    ("hr", "employee", "admin", "role_not_allowed"),
    ("hr", "finance", "employee", "role_not_allowed"),
    ("hr", "admin", "employee", "role_not_allowed"),
    ("employee", "client", "manager", "role_not_allowed"),
]


@pytest.mark.parametrize(("giver", "had", "gets", "code"), GIVING)
def test_nobody_gives_or_takes_a_role_that_may_do_more(giver: str, had: str, gets: str, code: str | None) -> None:
    UserFactory(as_="admin")
    actor, user = UserFactory(as_=giver), UserFactory(as_=had)
    change = lambda: people.change_role(user=user, actor=actor, role=role(gets))  # noqa: E731
    if code:
        assert refusal(change) == code
    else:
        change()
    user.refresh_from_db()
    assert user.role.code == (had if code else gets)
    assert (user.token_version, user.version) == ((1, 1) if code else (2, 2))
    assert AuditEntry.objects.filter(action="user.role").count() == (0 if code else 1)


@pytest.mark.parametrize("code", list(Role.Code.values))
def test_nobody_changes_their_own_role_or_deactivates_themself(code: str) -> None:
    UserFactory(as_="admin")
    user = UserFactory(as_=code)
    other = "employee" if code != "employee" else "client"
    assert refusal(lambda: people.change_role(user=user, actor=user, role=role(other))) == "self_approval"
    assert refusal(lambda: people.deactivate_user(user=user, actor=user)) == "self_approval"
    user.refresh_from_db()
    assert (user.role.code, user.is_active) == (code, True)


def test_the_last_active_admin_stays_one() -> None:
    admin = UserFactory(as_=Role.Code.ADMIN)
    UserFactory(as_=Role.Code.ADMIN, is_active=False)
    assert refusal(lambda: people.deactivate_user(user=admin, actor=None)) == "last_admin"
    assert refusal(lambda: people.change_role(user=admin, actor=None, role=role("hr"))) == "last_admin"
    second = UserFactory(as_=Role.Code.ADMIN)
    people.deactivate_user(user=admin, actor=second)
    assert refusal(lambda: people.deactivate_user(user=second, actor=None)) == "last_admin"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_admins_do_not_remove_each_other_at_once() -> None:
    pair = [UserFactory(as_=Role.Code.ADMIN) for _ in range(2)]

    def remove(number: int) -> str:
        try:
            people.deactivate_user(user=pair[1 - number], actor=pair[number])
        except Conflict as refused:
            return refused.code
        return "done"

    assert sorted(in_parallel(2, remove)) == ["done", "last_admin"]
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.parametrize(
    ("giver", "who", "code"),
    [("hr", "finance", None), ("hr", "admin", "role_not_allowed"), ("admin", "admin", None), ("admin", "hr", None)],
)
def test_hr_lets_everybody_go_but_admins(giver: str, who: str, code: str | None) -> None:
    UserFactory(as_="admin")
    actor, user = UserFactory(as_=giver), UserFactory(as_=who)
    if code:
        assert refusal(lambda: people.deactivate_user(user=user, actor=actor)) == code
    else:
        people.deactivate_user(user=user, actor=actor)
        people.deactivate_user(user=user, actor=actor)
    user.refresh_from_db()
    assert user.is_active is bool(code)
    assert AuditEntry.objects.filter(action="user.deactivate").count() == (0 if code else 1)


def test_nobody_takes_over_an_account_that_may_do_more() -> None:
    hr, admin = UserFactory(as_="hr"), UserFactory(as_="admin")
    with pytest.raises(NotAllowed):
        people.change_email(user=admin, actor=hr, email="hr-was-here@example.com")


def test_a_placeholder_is_nobody_until_somebody_takes_it_over(sign_in: Any) -> None:
    admin = UserFactory(as_="admin")
    made = people.placeholder(actor=admin, name="Somebody")
    assert (made.is_active, made.is_placeholder) == (False, True)
    assert refusal(lambda: people.reactivate_user(user=made, actor=admin)) == "is_placeholder"
    UserFactory(email="taken@example.com")
    adopt = lambda email: people.adopt_placeholder(user=made, actor=admin, email=email, role=role("employee"))  # noqa: E731
    assert refusal(lambda: adopt("taken@example.com")) == "email_taken"
    adopt("some@example.com")
    made.refresh_from_db()
    assert (made.is_active, made.is_placeholder, made.email) == (True, False, "some@example.com")
    assert refusal(lambda: adopt("other@example.com")) == "not_a_placeholder"


def test_a_placeholder_for_a_known_address_is_that_person() -> None:
    user = UserFactory(email="ann@example.com")
    assert people.placeholder(actor=None, name="A.", email="ANN@example.com") == user


# -- what roles grant


def test_the_seven_roles_are_installed() -> None:
    found = {row.code: (row.is_staff, row.grants_everything) for row in Role.objects.all()}
    assert found == {
        "admin": (True, True),
        "manager": (True, False),
        "employee": (True, False),
        "hr": (True, False),
        "finance": (True, False),
        "marketing": (True, False),
        "client": (False, False),
    }


def test_staff_who_may_are_those_whose_role_says_so_and_who_may_do_everything() -> None:
    admin, finance = UserFactory(as_="admin"), UserFactory(as_="finance")
    UserFactory(as_="employee"), UserFactory(as_="client"), UserFactory(as_="finance", is_active=False)

    assert set(User.objects.staff_who_may("finance.add_invoice")) == {admin, finance}
    assert all(user.has_perm("finance.add_invoice") for user in (admin, finance))
    assert set(User.objects.staff_who_may("finance.no_such_right")) == {admin}


def test_an_edited_role_grants_at_once_and_is_written_down() -> None:
    admin, user = UserFactory(as_="admin"), UserFactory(as_="client")
    assert not user.has_perm("accounts.view_role")

    held = permissions_of(user)
    roles.set_role_permissions(role=user.role, actor=admin, permissions=[*held, "accounts.view_role"])

    again = User.objects.select_related("role").get(pk=user.pk)
    assert again.has_perm("accounts.view_role")
    assert again.role.version == user.role.version + 1
    entry = AuditEntry.objects.get(action="role.permissions")
    assert (entry.actor_id, entry.changes) == (admin.pk, {"permissions": [[], ["accounts.view_role"]]})
    roles.set_role_permissions(role=user.role, actor=admin, permissions=[*held, "accounts.view_role"])
    assert AuditEntry.objects.filter(action="role.permissions").count() == 1, "saying it again changes nothing"


def test_nobody_grants_what_they_may_not_do_nor_to_themself() -> None:
    hr = UserFactory(as_="hr")
    employees = role("employee")
    held = {f"{p.content_type.app_label}.{p.codename}" for p in employees.permissions.all()}
    add = lambda target, name: roles.set_role_permissions(  # noqa: E731
        role=target, actor=hr, permissions=[*held, name]
    )
    assert refusal(lambda: add(employees, "accounts.change_role")) == "role_not_allowed"
    assert refusal(lambda: add(role("hr"), "accounts.change_role")) == "self_approval"
    assert refusal(lambda: add(role("admin"), "accounts.change_role")) == "grants_everything"
    assert refusal(lambda: add(employees, "accounts.no_such_thing")) == "invalid_choice"
    assert not AuditEntry.objects.exists()


def test_another_role_can_be_made_and_only_an_unused_one_goes() -> None:
    admin = UserFactory(as_="admin")
    made = roles.create_role(actor=admin, code="intern", name="Intern", permissions=["accounts.view_user"])
    user = UserFactory(role=made)
    assert permissions_of(user) == {"accounts.view_user"}
    assert refusal(lambda: roles.create_role(actor=admin, code="intern", name="Again")) == "code_taken"
    assert refusal(lambda: roles.delete_role(role=made, actor=admin)) == "in_use"
    assert refusal(lambda: roles.delete_role(role=role("hr"), actor=admin)) == "in_use"
    user.delete()
    roles.delete_role(role=made, actor=admin)
    assert not Role.objects.filter(code="intern").exists()


def test_nobody_opens_a_strong_role_by_declaring_it_basic() -> None:
    hr = UserFactory(as_="hr")
    assert refusal(lambda: roles.update_role(role=role("finance"), actor=hr, is_basic=True)) == "role_not_allowed"


@pytest.mark.parametrize(
    ("code", "sees"),
    [
        ("admin", "everybody"),
        ("manager", "everybody"),
        ("hr", "everybody"),
        ("employee", "staff"),
        ("finance", "staff"),
        ("marketing", "staff"),
        ("client", "themself"),
    ],
)
def test_who_sees_whom(code: str, sees: str) -> None:
    actor, colleague, client = UserFactory(as_=code), UserFactory(as_="employee"), UserFactory(as_="client")
    expected = {"everybody": {actor, colleague, client}, "staff": {actor, colleague}, "themself": {actor}}[sees]
    assert set(User.objects.visible_to(actor)) == expected


@pytest.mark.services
def test_addresses_have_a_collation_of_their_own() -> None:
    if connection.vendor != "mysql":
        pytest.skip("SQLite has none")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'email'"
        )
        assert cursor.fetchone() == ("utf8mb4_nopad_bin",)
