"""What people are paid for a month, and how it came about."""

from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models.clients import validate_currency
from hr.models.employment import Employment
from hr.models.people import by_somebody
from hr.payroll import brackets, formula
from hr.payroll.compute import NAMES
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel

PERIOD = r"[12][0-9]{3}-(0[1-9]|1[0-2])"


def _money(label: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=18, decimal_places=3, default=0)


def _days(label: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=5, decimal_places=2, default=0)


class PayrollRunQuerySet(ScopedQuerySet["PayrollRun"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_payrollrun") else self.none()


class PayrollRun(VersionedModel):
    """The pay of everybody for one month, from its draft to the day it is paid. There is one a period.

    A draft and a run in review are worked out anew as often as needed. An approved run does not change any more, in
    no number: what was wrong in it is corrected in a later one, by a `PayAdjustment`. ``totals`` are the sums of its
    payslips, one entry a currency; ``problems`` name who could not be worked out and why. ``computed_at`` is empty
    while a job works it out, whose row is ``job``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        APPROVED = "approved", _("Approved")
        PAID = "paid", _("Paid")

    NEXT = {
        Status.DRAFT: frozenset({Status.REVIEW}),
        Status.REVIEW: frozenset({Status.DRAFT, Status.APPROVED}),
        Status.APPROVED: frozenset({Status.PAID}),
        Status.PAID: frozenset(),
    }
    #: What may still be worked out anew.
    OPEN = frozenset({Status.DRAFT, Status.REVIEW})
    #: What its people see and nobody changes.
    FIXED = frozenset({Status.APPROVED, Status.PAID})
    #: The problem of who works here without any pay agreed: left out, if whoever approves says so.
    NO_PAY = "no_pay"

    period = IdentifierField(_("month"), max_length=7, unique=True, validators=[RegexValidator(rf"\A{PERIOD}\Z")])
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    people = models.PositiveIntegerField(_("payslips"), default=0, editable=False)
    totals = models.JSONField(_("totals"), default=list, blank=True, editable=False)
    problems = models.JSONField(_("problems"), default=list, blank=True, editable=False)
    computed_at = models.DateTimeField(_("worked out at"), null=True, blank=True, editable=False)
    computation = models.PositiveIntegerField(default=0, editable=False)
    job = models.ForeignKey(
        "core.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    locked_until = models.DateField(_("attendance is locked until"), null=True, blank=True, editable=False)
    started_by = by_somebody(_("started by"))
    reviewed_by = by_somebody(_("reviewed by"))
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True, editable=False)
    approved_by = by_somebody(_("approved by"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    paid_by = by_somebody(_("paid by"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True, editable=False)

    objects = PayrollRunQuerySet.as_manager()

    class Meta:
        ordering = ["-period"]
        verbose_name = _("payroll run")
        verbose_name_plural = _("payroll runs")
        permissions = [
            ("approve_payroll", "Can approve payroll runs"),
            ("pay_payroll", "Can mark payroll runs as paid"),
        ]
        indexes = [
            models.Index(fields=["status", "period", "id"], name="hr_run_status"),
            models.Index(fields=["created_at", "id"], name="hr_run_created"),
        ]
        constraints = [
            models.CheckConstraint(name="hr_run_end_after_start", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(
                name="hr_run_approved_is_worked_out",
                condition=Q(status__in=["draft", "review"]) | Q(computed_at__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="hr_run_paid_has_a_time", condition=~Q(status="paid") | Q(paid_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.period

    @property
    def without_pay(self) -> dict[int, str]:
        """Who works here in the month without any pay agreed: names by user id."""
        return {one["user_id"]: one["name"] for one in self.problems if one["code"] == self.NO_PAY}


class PayComponentQuerySet(ScopedQuerySet["PayComponent"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_paycomponent") else self.none()


class PayComponent(VersionedModel):
    """An allowance or a deduction, and how its amount is found.

    A fixed amount holds for people who are paid in its currency. A percentage and brackets are of the salary of the
    paid days (``basic``) or, for deductions, of the gross pay. Where ``for_everybody`` is off, it holds for those it
    is assigned to, who may have an amount of their own.
    """

    class Kind(models.TextChoices):
        ALLOWANCE = "allowance", _("Allowance")
        DEDUCTION = "deduction", _("Deduction")

    class Method(models.TextChoices):
        FIXED = "fixed", _("Fixed amount")
        PERCENT = "percent", _("Percentage")
        BRACKETS = "brackets", _("Brackets")
        FORMULA = "formula", _("Formula")

    class Base(models.TextChoices):
        BASIC = "basic", _("Salary of the paid days")
        GROSS = "gross", _("Gross pay")

    code = IdentifierField(_("code"), max_length=32, unique=True, validators=[RegexValidator(r"\A[a-z0-9_-]+\Z")])
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    method = models.CharField(_("method"), max_length=8, choices=Method.choices, default=Method.FIXED)
    base = models.CharField(_("of"), max_length=5, choices=Base.choices, default=Base.BASIC)
    amount = models.DecimalField(
        _("amount"), max_digits=18, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    percent = models.DecimalField(
        _("percentage"), max_digits=7, decimal_places=4, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1_000)],
    )  # fmt: skip
    brackets = models.JSONField(_("brackets"), default=list, blank=True)
    formula = models.CharField(_("formula"), max_length=formula.LONGEST, blank=True)
    is_prorated = models.BooleanField(_("only for the paid days"), default=False)
    for_everybody = models.BooleanField(_("for everybody"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    effective_from = models.DateField(_("from"), null=True, blank=True)
    effective_until = models.DateField(_("until"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=100)

    objects = PayComponentQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "id"]
        verbose_name = _("pay component")
        verbose_name_plural = _("pay components")
        constraints = [
            models.CheckConstraint(
                name="hr_component_until_after_from",
                condition=Q(effective_from__isnull=True)
                | Q(effective_until__isnull=True)
                | Q(effective_until__gte=F("effective_from")),
            ),
            models.CheckConstraint(
                name="hr_component_allowance_not_of_gross", condition=Q(kind="deduction") | Q(base="basic")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What the method needs is there and can be read."""
        if self.kind == self.Kind.ALLOWANCE and self.base == self.Base.GROSS:
            raise ValidationError({"base": _("An allowance is a part of the gross pay, so it cannot be of it.")})
        if self.effective_from and self.effective_until and self.effective_until < self.effective_from:
            raise ValidationError({"effective_until": _("It ends before it begins.")})
        match self.method:
            case self.Method.FIXED if self.amount is None or not self.currency:
                raise ValidationError({"amount": _("A fixed amount has an amount and a currency.")})
            case self.Method.PERCENT if self.percent is None:
                raise ValidationError({"percent": _("Say which percentage.")})
            case self.Method.BRACKETS:
                self._check("brackets", lambda: brackets.read(self.brackets))
            case self.Method.FORMULA:
                self._check("formula", lambda: formula.parse(self.formula, NAMES))

    def _check(self, field: str, read: Any) -> None:
        try:
            read()
        except ValueError as error:
            raise ValidationError({field: str(error)}) from error


class ComponentAssignmentQuerySet(ScopedQuerySet["ComponentAssignment"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_paycomponent") else self.none()


class ComponentAssignment(TimestampedModel):
    """This component holds for this employee; ``amount``, in the currency of their pay, takes the place of its own."""

    component = models.ForeignKey(
        PayComponent, verbose_name=_("component"), on_delete=models.PROTECT, related_name="assignments"
    )
    employment = models.ForeignKey(
        Employment, verbose_name=_("employee"), on_delete=models.PROTECT, related_name="components"
    )
    amount = models.DecimalField(
        _("own amount"), max_digits=18, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    objects = ComponentAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("employee with this component")
        verbose_name_plural = _("employees with this component")
        constraints = [
            models.UniqueConstraint(fields=["component", "employment"], name="hr_component_once_an_employee")
        ]

    def __str__(self) -> str:
        return f"{self.component} · {self.employment}"


class PayslipQuerySet(ScopedQuerySet["Payslip"]):
    def visible_to(self, user: Any) -> Self:
        """All with the right to see them; everybody else their own, once approved. No manager by being one."""
        if user.has_perm("hr.view_all_payslips"):
            return self
        return self.of(user) if user.has_perm("hr.view_payslip") else self.none()

    def of(self, user: Any) -> Self:
        """What somebody may see of their own pay: payslips that will not change any more."""
        return self.filter(user_id=user.pk, run__status__in=sorted(PayrollRun.FIXED))


class Payslip(TimestampedModel):
    """One person's pay for one month. Where it stands, its run says.

    It keeps its own copy of all that it prints. ``basic_salary`` is for the days of the employment, ``unpaid_leave``
    what of it unpaid days took; gross = basic + overtime + allowances − unpaid leave, net = gross − deductions.
    ``month_days`` are the working days of the whole month, ``working_days`` those of the employment: the paid and the
    unpaid ones together.
    """

    run = models.ForeignKey(PayrollRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="payslips")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="payslips"
    )
    period = IdentifierField(_("month"), max_length=7)
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("to"))
    currency = models.CharField(_("currency"), max_length=3)
    employee_name = models.CharField(_("name"), max_length=255)
    employee_code = models.CharField(_("employee code"), max_length=32)
    position = models.CharField(_("position"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    employer = models.CharField(_("employer"), max_length=200)
    basic_salary = _money(_("basic salary"))
    overtime = _money(_("overtime"))
    allowances = _money(_("allowances"))
    deductions = _money(_("deductions"))
    unpaid_leave = _money(_("unpaid leave"))
    employer_share = _money(_("employer's share"))
    gross = _money(_("gross pay"))
    net = _money(_("net pay"))
    month_days = _days(_("working days of the month"))
    working_days = _days(_("working days"))
    paid_days = _days(_("paid days"))
    unpaid_days = _days(_("unpaid days"))
    hours = models.DecimalField(_("hours worked"), max_digits=7, decimal_places=2, default=0)
    overtime_hours = models.DecimalField(_("hours of overtime"), max_digits=7, decimal_places=2, default=0)
    #: The pay in force, as it stood: ``[{"since", "kind", "amount"}]``. Explains a difference to the month before.
    rates = models.JSONField(default=list, blank=True, editable=False)
    pdf = models.ForeignKey(
        "core.StoredFile", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = PayslipQuerySet.as_manager()

    class Meta:
        ordering = ["-period", "-id"]
        verbose_name = _("payslip")
        verbose_name_plural = _("payslips")
        permissions = [("view_all_payslips", "Can see everybody's payslips")]
        indexes = [
            models.Index(fields=["period", "id"], name="hr_payslip_period"),
            models.Index(fields=["user", "created_at", "id"], name="hr_payslip_user"),
            models.Index(fields=["created_at", "id"], name="hr_payslip_created"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "period"], name="hr_payslip_one_a_person_and_period"),
            models.CheckConstraint(
                name="hr_payslip_days_add_up", condition=Q(working_days=F("paid_days") + F("unpaid_days"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_name} {self.period}"

    @property
    def status(self) -> str:
        """The contract's word for where it stands: a run in review is still a draft to its people."""
        return "draft" if self.run.status in PayrollRun.OPEN else str(self.run.status)


class PayAdjustmentQuerySet(ScopedQuerySet["PayAdjustment"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_payadjustment") else self.none()


class PayAdjustment(VersionedModel):
    """A correction of what an approved run paid somebody, with its reason. It goes into the next run that is worked
    out, whose ``run`` then names it; above zero it pays more, below zero it takes back.

    The two differences are those that terms which changed afterwards made of the month (`hr.services
    .payroll_backdating`), or its days (``of_days``: `hr.services.payroll_days`), gross and net; they are null where
    people entered the amount.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    corrects = models.ForeignKey(
        PayrollRun, verbose_name=_("corrects"), on_delete=models.PROTECT, related_name="corrections"
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=3)
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    reason = models.CharField(_("reason"), max_length=200)
    gross_difference = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    net_difference = models.DecimalField(max_digits=18, decimal_places=3, null=True, editable=False)
    of_days = models.BooleanField(default=False, editable=False)
    run = models.ForeignKey(
        PayrollRun,
        verbose_name=_("paid with"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="adjustments",
        editable=False,
    )
    made_by = by_somebody(_("made by"))

    objects = PayAdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("correction of pay")
        verbose_name_plural = _("corrections of pay")
        indexes = [models.Index(fields=["run", "user"], name="hr_adjustment_run")]
        constraints = [models.CheckConstraint(name="hr_adjustment_not_nothing", condition=~Q(amount=0))]

    def __str__(self) -> str:
        return f"{self.user} {self.corrects}"


class PaidDaysQuerySet(ScopedQuerySet["PaidDays"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_all_payslips") else self.none()


class PaidDays(TimestampedModel):
    """The days of a month that somebody's pay in a run was worked out from, or corrected to since.

    What they come to otherwise by the time the month is closed, later runs put right; then it is removed. ``days`` is
    written by `hr.payroll.kept`.
    """

    run = models.ForeignKey(PayrollRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="kept_days")
    employment = models.ForeignKey(
        Employment, verbose_name=_("employee"), on_delete=models.CASCADE, related_name="kept_days"
    )
    days = models.JSONField(editable=False)

    objects = PaidDaysQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("days that were paid")
        verbose_name_plural = _("days that were paid")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "employment"], name="hr_paid_days_one_a_person_and_run")]

    def __str__(self) -> str:
        return f"{self.employment.code} {self.run}"


class PayslipLineQuerySet(ScopedQuerySet["PayslipLine"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the payslips that are visible."""
        return self.filter(payslip__in=Payslip.objects.visible_to(user))


class PayslipLine(models.Model):
    """An allowance or a deduction on a payslip, as it is printed."""

    payslip = models.ForeignKey(Payslip, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(_("kind"), max_length=9, choices=PayComponent.Kind.choices)
    label = models.CharField(_("what for"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=3)
    component = models.ForeignKey(PayComponent, on_delete=models.PROTECT, null=True, related_name="+")
    adjustment = models.ForeignKey(PayAdjustment, on_delete=models.PROTECT, null=True, related_name="+")

    objects = PayslipLineQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("line of a payslip")
        verbose_name_plural = _("lines of payslips")
        constraints = [models.CheckConstraint(name="hr_payslip_line_above_zero", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return self.label
