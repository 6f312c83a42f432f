"""What documents are made with, in the admin: each rule in its service, each refusal shown in the form."""

import pytest
from django.urls import reverse

from accounts.tests.factories import UserFactory
from clients.tests.factories import ClientFactory
from finance.models import BillingDetails, Budget, Issuer, ReminderStage, TaxRate
from finance.services import setup
from hyperflow.core.errors import Conflict, Invalid
from hyperflow.core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return UserFactory(as_="finance")


def page(model, kind, *args):
    return reverse(f"admin:finance_{model._meta.model_name}_{kind}", args=args)


def budget(actor, **more):
    values = {"name": "Tools", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "amount": 1000, "currency": "EUR"}
    return setup.create_budget(actor=actor, **{**values, **more})


def test_the_issuer_is_entered_once_and_then_changed(client, finance):
    client.force_login(finance)
    form = {
        "name": "Agency Ltd",
        "country": "DE",
        "language": "en",
        "color": "#1f4e79",
        "iban": "DE02120300000000202051",
    }

    made = client.post(page(Issuer, "add"), form)
    again = client.post(page(Issuer, "add"), form)
    issuer = Issuer.objects.get()
    changed = client.post(page(Issuer, "change", issuer.pk), {**form, "city": "Berlin", "read_version": issuer.version})

    assert (made.status_code, again.status_code, changed.status_code) == (302, 403, 302)
    issuer.refresh_from_db()
    assert (issuer.name, issuer.city, issuer.version) == ("Agency Ltd", "Berlin", 2)
    assert list(AuditEntry.objects.filter(action__startswith="issuer.").values_list("action", flat=True)) == [
        "issuer.update", "issuer.create",
    ]  # fmt: skip
    with pytest.raises(Conflict) as refused:
        setup.create_issuer(actor=finance, name="Another")
    assert refused.value.code == "issuer_exists"


@pytest.mark.parametrize(
    ("field", "value"), [("country", "de"), ("iban", "not an iban"), ("color", "red"), ("bic", "X")]
)
def test_an_issuer_with_a_wrong_value_is_refused_in_the_form(client, finance, field, value):
    client.force_login(finance)
    form = {"name": "Agency Ltd", "language": "en", "color": "#1f4e79", field: value}

    refused = client.post(page(Issuer, "add"), form)

    assert refused.status_code == 200
    assert field in refused.context["adminform"].form.errors
    assert not Issuer.objects.exists()


def test_a_rate_keeps_its_code_and_only_the_standard_kind_has_percent(finance):
    rate = setup.create_tax_rate(actor=finance, code="city", name="City tax", rate=5)

    setup.update_tax_rate(tax_rate=rate, actor=finance, rate=6)
    refusals = []
    for write in (
        lambda: setup.create_tax_rate(actor=finance, code="city", name="Again"),
        lambda: setup.update_tax_rate(tax_rate=rate, actor=finance, code="town"),
        lambda: setup.update_tax_rate(tax_rate=rate, actor=finance, category="exempt"),
    ):
        with pytest.raises((Conflict, Invalid)) as refused:
            write()
        refusals.append(refused.value.code)

    rate.refresh_from_db()
    assert refusals == ["tax_rate_taken", "code_is_fixed", "rate_not_zero"]
    assert (rate.code, rate.rate, rate.category) == ("city", 6, "standard")


def test_a_client_has_one_set_of_billing_details_and_they_stay_its_own(finance):
    acme, other = ClientFactory(), ClientFactory()
    details = setup.create_billing_details(actor=finance, client=acme, legal_name="Acme GmbH")

    with pytest.raises(Conflict) as taken:
        setup.create_billing_details(actor=finance, client=acme)
    with pytest.raises(Invalid) as fixed:
        setup.update_billing_details(details=details, actor=finance, client=other)
    setup.update_billing_details(details=details, actor=finance, sends_reminders=False)

    assert (taken.value.code, fixed.value.code) == ("billing_details_exist", "client_is_fixed")
    assert BillingDetails.objects.get().sends_reminders is False


def test_two_stages_of_reminding_do_not_share_a_day(finance):
    taken_days = set(ReminderStage.objects.values_list("days_after_due", flat=True))
    day = next(day for day in range(100, 300) if day not in taken_days)
    first = setup.create_stage(actor=finance, name="Late", days_after_due=day, subject="Late", text="Please pay.")
    second = setup.create_stage(actor=finance, name="Later", days_after_due=day + 1, subject="L", text="Please.")

    with pytest.raises(Conflict) as refused:
        setup.update_stage(stage=second, actor=finance, days_after_due=day)

    second.refresh_from_db()
    assert (refused.value.code, first.days_after_due, second.days_after_due) == ("stage_taken", day, day + 1)


def test_a_budget_is_for_exactly_what_its_scope_names(finance):
    acme = ClientFactory()

    made = budget(finance, scope="client", client=acme)
    with pytest.raises(Invalid) as missing:
        budget(finance, scope="client")
    with pytest.raises(Invalid) as too_much:
        budget(finance, scope="company", client=acme)
    with pytest.raises(Invalid) as left:
        setup.update_budget(budget=made, actor=finance, scope="company")

    codes = [(one.value.code, one.value.field) for one in (missing, too_much, left)]
    assert codes == [("wrong_scope", "client")] * 3
    assert Budget.objects.get().created_by == finance


def test_a_budget_that_is_changed_may_alert_again_and_one_that_goes_leaves_its_trace(finance):
    from hyperflow.core import clock

    made = budget(finance)
    Budget.objects.update(alerted_at=clock.now())

    setup.update_budget(budget=made, actor=finance, notes="Licences")
    assert Budget.objects.get().alerted_at is not None
    setup.update_budget(budget=made, actor=finance, amount=2000)
    assert Budget.objects.get().alerted_at is None
    setup.delete_budget(budget=made, actor=finance)

    assert not Budget.objects.exists()
    assert AuditEntry.objects.filter(action="budget.delete", target_id=made.pk).count() == 1


def test_rates_that_are_installed_are_there():
    assert set(TaxRate.objects.filter(is_active=True).values_list("code", flat=True)) == {
        "standard", "reduced", "zero", "exempt", "reverse_charge", "export", "outside",
    }  # fmt: skip
