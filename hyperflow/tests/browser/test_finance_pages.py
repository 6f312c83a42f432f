"""Finance's pages in a real browser, on a desk and a phone."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import UserFactory
from finance.models import BankLine
from finance.reports import REPORTS
from finance.tests.documents import draft, issued, line
from hyperflow.dashboard.tests.rows import MAKERS
from hyperflow.tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

MODELS = sorted(
    (model for model in apps.get_app_config("finance").get_models() if model in admin.site._registry),
    key=lambda model: model._meta.model_name,
)


def test_every_list_form_and_report_of_finance_holds_on_every_screen(browse):
    boss = UserFactory(as_=Role.Code.ADMIN)
    issued(boss, line(1_234))
    window = browse()
    window.sign_in(boss)

    for model in MODELS:
        [row] = MAKERS[model](1, parts=1)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        window.hold(reverse(f"{name}_changelist"))
        window.hold(reverse(f"{name}_change", args=[row.pk]))
    for report in REPORTS:
        window.hold(f"/reports/{report.slug}")


def test_the_sums_of_a_draft_follow_what_is_typed(browse):
    boss = UserFactory(as_=Role.Code.FINANCE)
    invoice = draft(boss, line(100, 2, 19))
    window = browse()
    window.sign_in(boss)
    page = window.open(f"/admin/finance/invoice/{invoice.pk}/change/")

    total = page.locator(".hf-totals strong").last
    assert total.inner_text() == "EUR 238.00"
    page.fill("[name='lines-0-quantity']", "3")
    page.wait_for_function("document.querySelector('.hf-totals').textContent.includes('357.00')")
    invoice.refresh_from_db()
    assert invoice.total == 238


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_statement_is_tried_and_imported(browse, size, tmp_path):
    file = tmp_path / "statement.csv"
    file.write_text("Date,Amount,Payer,Something else\n2026-03-05,10.00,Nordlicht Energie GmbH und Partner,x\n")
    window = browse(size)
    window.sign_in(UserFactory(as_=Role.Code.FINANCE))
    page = window.open(reverse("admin:finance_bankline_import", args=["bank"]))
    page.set_input_files("input[type=file]", file)
    page.click("button:has-text('Try it')")
    page.click("summary:has-text('Which column is what')")
    assert page.locator("#column-payer").input_value() == "Payer"
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.click("button[name=import]")
    page.wait_for_url("**/admin/finance/bankline/")
    assert BankLine.objects.get().payer == "Nordlicht Energie GmbH und Partner"
