"""Finance in the admin: what documents are made with, and budgets."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from finance.models import BillingDetails, Budget, Issuer, NumberSeries, ReminderStage, TaxRate
from finance.services import reminders, setup
from hyperflow.core import money
from hyperflow.core.admin import ReadOnlyScopedAdmin, RelatedFilter, ScopedModelAdmin
from hyperflow.core.admin.filters import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter

ADDRESS = ["street", ("postal_code", "city"), "country"]


@admin.register(TaxRate)
class TaxRateAdmin(ScopedModelAdmin):
    list_display = ["name", "code", "rate", "category", "is_active", "position"]
    list_filter = [("is_active", BooleanRadioFilter), ("category", ChoicesDropdownFilter)]
    search_fields = ["name", "code"]
    fields = [("name", "code"), ("rate", "category"), "note", ("is_active", "position")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["code"]

    def create_with(self, actor: Any, **values: Any) -> TaxRate:
        return setup.create_tax_rate(actor=actor, **values)

    def update_with(self, row: TaxRate, actor: Any, **values: Any) -> TaxRate:
        return setup.update_tax_rate(tax_rate=row, actor=actor, **values)


@admin.register(Issuer)
class IssuerAdmin(ScopedModelAdmin):
    """The company as documents show it: one row."""

    list_display = ["name", "city", "country", "vat_id", "iban"]
    fieldsets = [
        (None, {"fields": ["name", *ADDRESS]}),
        (_("Contact"), {"fields": [("email", "phone"), "website"]}),
        (_("Tax"), {"fields": [("vat_id", "tax_number"), "registration", "tax_rate"]}),
        (_("Bank"), {"fields": [("bank_name", "account_holder"), ("iban", "bic")]}),
        (_("On documents"), {"fields": [("language", "color"), "payment_text", "footer"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Issuer.objects.exists()

    def create_with(self, actor: Any, **values: Any) -> Issuer:
        return setup.create_issuer(actor=actor, **values)

    def update_with(self, row: Issuer, actor: Any, **values: Any) -> Issuer:
        return setup.update_issuer(issuer=row, actor=actor, **values)


@admin.register(BillingDetails)
class BillingDetailsAdmin(ScopedModelAdmin):
    list_display = ["client", "legal_name", "email", "language", "tax_rate", "sends_reminders"]
    list_select_related = ["client", "tax_rate"]
    list_filter = [("sends_reminders", BooleanRadioFilter), ("client", RelatedFilter)]
    search_fields = ["client__name", "legal_name", "email"]
    autocomplete_fields = ["client"]
    fieldsets = [
        (None, {"fields": ["client", "legal_name", *ADDRESS]}),
        (_("Documents"), {"fields": ["email", ("buyer_reference", "language"), "tax_rate", "sends_reminders"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["client"]

    def create_with(self, actor: Any, **values: Any) -> BillingDetails:
        return setup.create_billing_details(actor=actor, **values)

    def update_with(self, row: BillingDetails, actor: Any, **values: Any) -> BillingDetails:
        return setup.update_billing_details(details=row, actor=actor, **values)


@admin.register(ReminderStage)
class ReminderStageAdmin(ScopedModelAdmin):
    list_display = ["name", "days_after_due", "subject", "is_active"]
    list_filter = [("is_active", BooleanRadioFilter)]
    search_fields = ["name", "subject"]
    fieldsets = [
        (
            None,
            {
                "fields": [("name", "days_after_due"), "subject", "text", "is_active"],
                "description": _("Filled in: %(known)s.")
                % {"known": ", ".join(f"{{{name}}}" for name in reminders.PLACEHOLDERS)},
            },
        )
    ]

    def create_with(self, actor: Any, **values: Any) -> ReminderStage:
        return setup.create_stage(actor=actor, **values)

    def update_with(self, row: ReminderStage, actor: Any, **values: Any) -> ReminderStage:
        return setup.update_stage(stage=row, actor=actor, **values)


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyScopedAdmin):
    """Numbers are taken when documents are issued; here one reads how far they are."""

    list_display = ["__str__", "kind", "year", "last"]
    list_filter = [("kind", ChoicesDropdownFilter)]
    fields = ["kind", "year", "last"]


@admin.register(Budget)
class BudgetAdmin(ScopedModelAdmin):
    list_display = ["name", "scope", "shown_for", "category", "starts_on", "ends_on", "shown_amount", "alert_percent"]
    list_select_related = ["department", "client", "project"]
    list_filter = [
        ("scope", ChoicesDropdownFilter),
        ("department", RelatedFilter),
        ("client", RelatedFilter),
        ("project", RelatedFilter),
        ("starts_on", RangeDateFilter),
    ]
    search_fields = ["name", "category"]
    autocomplete_fields = ["client", "project"]
    fields = [
        "name",
        ("scope", "category"),
        "department",
        ("client", "project"),
        ("starts_on", "ends_on"),
        ("amount", "currency"),
        "alert_percent",
        "notes",
    ]
    deletable = True

    def create_with(self, actor: Any, **values: Any) -> Budget:
        return setup.create_budget(actor=actor, **values)

    def update_with(self, row: Budget, actor: Any, **values: Any) -> Budget:
        return setup.update_budget(budget=row, actor=actor, **values)

    def delete_with(self, row: Budget, actor: Any) -> None:
        setup.delete_budget(budget=row, actor=actor)

    @admin.display(description=_("for"))
    def shown_for(self, budget: Budget) -> str:
        return str(budget.department or budget.client or budget.project or "–")

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, budget: Budget) -> str:
        return f"{budget.currency} {money.quantize(budget.amount, budget.currency):,f}"
