"""What holds for every admin class: scope, rights, and that nothing is written past the services."""

import pytest
from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import DateTimeField
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import UserFactory
from clients.models import Client, Contact
from clients.services import clients as client_services
from clients.tests.factories import ClientFactory, ContactFactory
from hyperflow.core.admin import ReadOnlyInline, ReadOnlyScopedAdmin, ScopedModelAdmin, ServiceInline
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry
from hyperflow.dashboard.tests.rows import MAKERS
from tasks.models import Task
from tasks.tests.factories import TaskFactory

pytestmark = pytest.mark.django_db

MODELS = sorted(MAKERS, key=lambda model: model._meta.label)


def name_of(model):
    return model._meta.label_lower


def page(model, kind, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


class Asking:
    """The part of a request that an admin class looks at."""

    method = "GET"
    path = "/admin/"
    GET: dict = {}

    def __init__(self, user):
        self.user = user


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_class_is_scoped_and_says_who_may_see_its_rows(model):
    registered = admin.site._registry[model]
    nobody = UserFactory(role=Role.objects.create(code="nothing", name="Nothing"))
    MAKERS[model](1)

    assert isinstance(registered, ScopedModelAdmin)
    # Some rows are everybody's own business (colleagues, calendars); nobody without rights opens their page.
    assert list(registered.get_queryset(Asking(nobody))) == list(model.objects.visible_to(nobody))
    assert registered.list_editable == ()
    assert registered.has_view_permission(Asking(nobody)) is False
    for inline in registered.inlines:
        assert issubclass(inline, ReadOnlyInline | ServiceInline), inline


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_dates_are_drilled_into_by_day_only(model):
    """By an instant, MariaDB would need tables of time zones that a fresh server does not have."""
    heading = admin.site._registry[model].date_hierarchy

    assert heading is None or not isinstance(model._meta.get_field(heading), DateTimeField)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_bulk_delete_is_offered_nowhere(model):
    registered = admin.site._registry[model]
    boss = UserFactory(as_=Role.Code.ADMIN)

    assert "delete_selected" not in registered.get_actions(Asking(boss))


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_who_may_only_look_can_change_nothing_by_any_request(model, sign_in):
    """Z17: forged forms, list edits, bulk deletes and moves of a person with the right to view alone."""
    registered = admin.site._registry[model]
    client, viewer = sign_in(Role.Code.EMPLOYEE)
    viewer.role = Role.objects.create(code="viewer", name="Viewer")
    viewer.role.permissions.set(view_permissions())
    viewer.save()
    client.force_login(viewer)
    [row] = MAKERS[model](1, parts=1)
    before = snapshot()
    forged = {
        "name": "Forged", "title": "Forged", "status": "completed", "is_active": "", "read_version": "1",
        "handles-TOTAL_FORMS": "1", "handles-INITIAL_FORMS": "0",
        "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1", "contacts-0-id": "1",
        "contacts-0-name": "Forged", "_save": "Save",
    }  # fmt: skip
    ticked = {helpers.ACTION_CHECKBOX_NAME: [str(row.pk)], "index": "0", "confirmed": "yes", "post": "yes"}

    assert client.get(page(model, "change", row.pk)).status_code == 200
    assert client.post(page(model, "add"), forged).status_code == 403
    assert client.post(page(model, "change", row.pk), forged).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    edited = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "form-0-name": "Forged"}
    client.post(page(model, "changelist"), {**edited, "_save": "Save"})
    client.post(page(model, "changelist"), {**ticked, "action": "delete_selected"})
    for move in registered.moves:
        client.post(page(model, "changelist"), {**ticked, "action": move.name})
        assert client.post(page(model, "move", row.pk, move.name), {"confirmed": "yes"}).status_code in {403, 404}

    assert snapshot() == before


def view_permissions():
    from django.contrib.auth.models import Permission

    shown = ["view_all_clients", "view_all_tasks", "view_all_users", "view_all_time"]
    return Permission.objects.filter(codename__startswith="view_") | Permission.objects.filter(codename__in=shown)


def snapshot():
    """Every row of every model that the admin shows, with its values; sign-ins aside."""
    skipped = {"last_login"}
    return {
        name_of(model): [
            {name: value for name, value in row.items() if name not in skipped}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in MODELS
    }


def test_a_row_out_of_sight_is_as_one_that_does_not_exist(sign_in):
    client, _employee = sign_in(Role.Code.EMPLOYEE)
    hidden = TaskFactory()

    for address in (page(Task, "change", hidden.pk), page(Task, "change", 999_999), page(Task, "history", hidden.pk)):
        assert client.get(address).status_code == 302, address
    assert client.get(page(Task, "move", hidden.pk, "comment")).status_code == 404
    assert list(client.get(page(Task, "changelist")).context["cl"].result_list) == []


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "abc", "1.0", "\u0661", "%00"])
def test_an_id_that_is_none_is_no_error(sign_in, number):
    client, _boss = sign_in(Role.Code.ADMIN)
    TaskFactory(pk=1)

    assert client.get(f"/admin/tasks/task/{number}/change/").status_code == 302


def test_the_list_cannot_be_asked_by_what_it_does_not_show(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)

    assert client.get("/admin/accounts/user/?password__startswith=bcrypt").status_code == 400
    assert client.get("/admin/accounts/user/?role__permissions__codename=x").status_code == 400
    assert client.get("/admin/accounts/user/?is_active__exact=1").status_code == 200


def test_filters_and_choices_name_nobody_out_of_sight(sign_in):
    client, employee = sign_in(Role.Code.EMPLOYEE)
    seen, hidden = ClientFactory(name="Seen Ltd"), ClientFactory(name="Hidden Ltd")
    TaskFactory(client=seen, assigned_to=employee)

    filtered = client.get(f"/admin/tasks/task/?client__id__exact={hidden.pk}")
    choices = client.get("/admin/autocomplete/?app_label=tasks&model_name=task&field_name=client&term=Ltd")

    assert "Hidden" not in filtered.content.decode()
    assert [choice["text"] for choice in choices.json()["results"]] == ["Seen Ltd"]


def client_form(row, **values):
    wanted = {
        "name": row.name, "status": row.status, "currency": row.currency, "payment_terms_days": row.payment_terms_days,
        "dos": "", "donts": "", "read_version": row.version,
    }  # fmt: skip
    parts = ["contacts", "brands", "projects", "communications", "Client_portal_users"]
    counts = {f"{part}-{count}_FORMS": 0 for part in parts for count in ("TOTAL", "INITIAL")}
    return {**wanted, **counts, **values}


def test_editing_goes_through_the_service(sign_in):
    client, boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory(name="Acme")

    answer = client.post(page(Client, "change", row.pk), client_form(row, name="Acme GmbH", dos="Short\n\nClear"))
    row.refresh_from_db()

    assert answer.status_code == 302
    assert (row.name, row.version) == ("Acme GmbH", 2)
    assert list(row.preferences.values_list("kind", "text")) == [("do", "Short"), ("do", "Clear")]
    entry = AuditEntry.objects.get(action="client.update")
    assert (entry.actor, entry.changes["name"]) == (boss, ["Acme", "Acme GmbH"])


def test_a_stale_form_overwrites_nothing_and_names_who_was_faster(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory(name="Acme")
    stale = client_form(row, name="Mine")
    faster = UserFactory(as_=Role.Code.MANAGER, name="Faster Colleague")
    client_services.update_client(client=row, actor=faster, name="Theirs")

    answer = client.post(page(Client, "change", row.pk), stale)
    row.refresh_from_db()

    assert answer.status_code == 200
    assert "Faster Colleague changed this in the meantime" in answer.content.decode()
    assert row.name == "Theirs"


def test_a_form_without_the_version_it_read_is_refused(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory(name="Acme")
    blind = client_form(row, name="Mine")
    del blind["read_version"]

    assert client.post(page(Client, "change", row.pk), blind).status_code == 200
    row.refresh_from_db()
    assert row.name == "Acme"


def test_a_refusal_of_the_service_is_an_error_of_the_form_and_undoes_everything(sign_in, monkeypatch):
    client, _boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory(name="Acme")

    def refuse(**_arguments):
        AuditEntry.objects.create(action="half.done")
        raise Conflict("Not while it rains.", code="rain")

    monkeypatch.setattr(client_services, "update_client", refuse)
    answer = client.post(page(Client, "change", row.pk), client_form(row, name="Acme GmbH"))

    assert answer.status_code == 200
    assert "Not while it rains." in answer.content.decode()
    assert not AuditEntry.objects.filter(action="half.done").exists()


def test_an_inline_cannot_reach_another_clients_contact(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    mine, theirs = ClientFactory(), ContactFactory(name="Theirs")
    forged = client_form(
        mine,
        **{
            "contacts-TOTAL_FORMS": 1, "contacts-INITIAL_FORMS": 1, "contacts-0-id": theirs.pk,
            "contacts-0-client": mine.pk, "contacts-0-name": "Forged",
        },
    )  # fmt: skip

    client.post(page(Client, "change", mine.pk), forged)

    assert list(Contact.objects.values_list("name", "client_id")) == [("Theirs", theirs.client_id)]


def test_contacts_are_added_changed_and_removed_on_the_clients_page(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    row = ClientFactory()
    kept, gone = ContactFactory(client=row, name="Ann"), ContactFactory(client=row, name="Bob")
    form = client_form(
        row,
        **{
            "contacts-TOTAL_FORMS": 3, "contacts-INITIAL_FORMS": 2,
            "contacts-0-id": kept.pk, "contacts-0-client": row.pk, "contacts-0-name": "Anna",
            "contacts-1-id": gone.pk, "contacts-1-client": row.pk, "contacts-1-name": "Bob", "contacts-1-DELETE": "on",
            "contacts-2-client": row.pk, "contacts-2-name": "Cleo",
        },
    )  # fmt: skip

    assert client.post(page(Client, "change", row.pk), form).status_code == 302
    assert sorted(row.contacts.values_list("name", flat=True)) == ["Anna", "Cleo"]
    actions = AuditEntry.objects.filter(action__startswith="contact.").order_by("id").values_list("action", flat=True)
    assert sorted(actions) == ["contact.create", "contact.delete", "contact.update"]


def test_moving_from_the_list_asks_first_then_tells_each_refusal(sign_in):
    client, _boss = sign_in(Role.Code.MANAGER)
    ready, done = TaskFactory(), TaskFactory(status="cancelled")
    ticked = {"action": "complete", "index": "0", helpers.ACTION_CHECKBOX_NAME: [ready.pk, done.pk]}
    TaskFactory(status="in_progress")

    asked = client.post(page(Task, "changelist"), ticked)
    assert asked.status_code == 200
    assert [str(row) for row in asked.context["rows"]] == [str(done), str(ready)]
    assert set(Task.objects.values_list("status", flat=True)) == {"pending", "cancelled", "in_progress"}

    moved = client.post(page(Task, "changelist"), {**ticked, "action": "start", "confirmed": "yes"}, follow=True)
    ready.refresh_from_db()
    assert ready.status == "in_progress"
    told = [str(message) for message in moved.context["messages"]]
    assert told[0] == "1 row: started."
    assert told[1].startswith(f"{done}: ")


def test_the_rows_page_moves_it_by_the_same_service(sign_in):
    client, boss = sign_in(Role.Code.MANAGER)
    task = TaskFactory()

    assert client.get(page(Task, "move", task.pk, "start")).status_code == 200
    task.refresh_from_db()
    assert task.status == "pending"
    client.post(page(Task, "move", task.pk, "start"), {"confirmed": "yes", "note": "On it"})
    task.refresh_from_db()

    assert task.status == "in_progress"
    assert AuditEntry.objects.get(action="task.status").actor == boss


def test_rates_are_shown_to_who_may_see_them_only(sign_in):
    seen, _boss = sign_in(Role.Code.FINANCE)
    client, employee = sign_in(Role.Code.EMPLOYEE)
    row = ClientFactory(hourly_rate=123)
    TaskFactory(client=row, assigned_to=employee, hourly_rate=124)

    assert "123" in seen.get(page(Client, "change", row.pk)).content.decode()
    for address in (page(Client, "change", row.pk), page(Client, "history", row.pk), page(Task, "changelist")):
        assert "hourly" not in client.get(address).content.decode().casefold(), address


PAYLOADS = ['<script>alert("x")</script>', "<img src=x onerror=alert(1)>", "{{7*7}}"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_is_shown_as_text(sign_in, payload):
    """X05"""
    client, boss = sign_in(Role.Code.ADMIN, name=payload)
    row = ClientFactory(name=payload, description=payload)
    ContactFactory(client=row, name=payload)
    task = TaskFactory(client=row, title=payload, assigned_to=boss, tags=[payload], due_date="2020-01-01")
    client.post(page(Task, "move", task.pk, "comment"), {"confirmed": "yes", "content": payload})
    addresses = [
        "/admin/", page(Task, "changelist"), page(Task, "change", task.pk), page(Task, "history", task.pk),
        page(Task, "move", task.pk, "start"), page(Client, "changelist"), page(Client, "change", row.pk),
        page(AuditEntry, "changelist"), "/reports/tasks/late", "/reports/clients/performance", "/reports/time/hours",
        "/admin/search/?s=alert&extended=1",
    ]  # fmt: skip
    for address in addresses:
        text = client.get(address).content.decode()
        assert '<script>alert("x")' not in text, address
        assert "<img src=x" not in text, address
        assert ">49<" not in text, address


def test_read_only_classes_have_no_way_to_write():
    boss = Asking(UserFactory(as_=Role.Code.ADMIN))
    for registered in admin.site._registry.values():
        if isinstance(registered, ReadOnlyScopedAdmin):
            assert not registered.has_add_permission(boss)
            assert not registered.has_change_permission(boss)
            assert not registered.has_delete_permission(boss)


def test_search_finds_what_the_person_may_see(sign_in):
    client, employee = sign_in(Role.Code.EMPLOYEE)
    TaskFactory(title="Findable mine", assigned_to=employee)
    TaskFactory(title="Findable theirs")

    text = client.get("/admin/search/?s=findable&extended=1").content.decode()

    assert "Findable mine" in text
    assert "Findable theirs" not in text


HUGE = "9" * 23


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/admin/tasks/task/?status__regex=(",
        "/admin/tasks/task/export.csv?status__regex=(",
        "/admin/clients/client/?status__iregex=(",
        f"/admin/tasks/task/?client__id__exact={HUGE}",
        f"/admin/tasks/timeentry/?user__id__exact={HUGE}",
        "/admin/tasks/task/?due_date__year=99999999999999",
        f"/admin/tasks/task/add/?client={HUGE}",
        f"/admin/tasks/task/?q={'a+' * 3000}",
        f"/admin/search/?s={'a+' * 1000}",
        f"/admin/autocomplete/?term={'a+' * 1000}&app_label=tasks&model_name=task&field_name=client",
    ],
)
def test_bad_input_in_an_address_is_no_failure_of_ours(client, address):
    client.raise_request_exception = False
    client.force_login(UserFactory(as_="admin"))
    assert client.get(address).status_code in {200, 302, 400}, address


@pytest.mark.django_db
def test_a_bulk_move_of_a_row_that_cannot_be_is_no_failure_of_ours(client):
    client.raise_request_exception = False
    client.force_login(UserFactory(as_="admin"))
    reply = client.post("/admin/tasks/task/", {"action": "start", "_selected_action": HUGE})
    assert reply.status_code in {200, 302, 400}


def test_values_that_do_not_fit_are_named_and_no_constraint_is(sign_in):
    client, _admin = sign_in(Role.Code.ADMIN)
    address = reverse("admin:tasks_lockedperiod_add")

    text = client.post(address, {"starts_on": "2026-03-31", "ends_on": "2026-03-01", "reason": ""}).content.decode()

    assert "“to” may not lie before “from”." in text
    assert "Constraint" not in text
