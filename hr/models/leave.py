"""Days off: kinds, requests, the days they take, and the ledger that every balance is the sum of."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hr import scope
from hyperflow.core.fields import IdentifierField
from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel


class LeaveTypeQuerySet(ScopedQuerySet["LeaveType"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_leavetype") else self.none()


class LeaveType(VersionedModel):
    """A kind of leave and its policy. The codes of the contract are installed by a migration; their rules are edited.

    ``draws_on_balance`` says whether taken days come out of a balance. Accrual is ``days_per_year``, given monthly
    (a twelfth at the begin of each month) or yearly, prorated by the days of employment in that span, and never above
    ``balance_cap``. What is left at the end of a year is carried over up to ``carry_over_max`` and lapses
    ``carry_over_months`` later. ``is_away`` is off for kinds that still mean work (working from home).
    """

    class Accrual(models.TextChoices):
        NONE = "none", _("None")
        MONTHLY = "monthly", _("Monthly")
        YEARLY = "yearly", _("Yearly")

    code = IdentifierField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_paid = models.BooleanField(_("paid"), default=True)
    is_away = models.BooleanField(_("away from work"), default=True)
    draws_on_balance = models.BooleanField(_("draws on a balance"), default=False)
    allows_half_days = models.BooleanField(_("half days"), default=True)
    notice_days = models.PositiveSmallIntegerField(_("days of notice"), default=0)
    document_after_days = models.PositiveSmallIntegerField(
        _("document needed beyond this many days"), null=True, blank=True
    )
    accrual = models.CharField(_("accrual"), max_length=7, choices=Accrual.choices, default=Accrual.NONE)
    days_per_year = models.DecimalField(
        _("days a year"), max_digits=6, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    balance_cap = models.DecimalField(_("highest balance"), max_digits=6, decimal_places=2, null=True, blank=True)
    carry_over_max = models.DecimalField(
        _("days carried over at most"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    carry_over_months = models.PositiveSmallIntegerField(
        _("months until carried days lapse"), null=True, blank=True, validators=[MaxValueValidator(24)]
    )
    is_active = models.BooleanField(_("offered"), default=True)

    objects = LeaveTypeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("leave type")
        verbose_name_plural = _("leave types")

    def __str__(self) -> str:
        return self.name


class LeaveRequestQuerySet(ScopedQuerySet["LeaveRequest"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for a manager their reports'; everybody their own."""
        return scope.people_in_scope(self, user, everybody="hr.view_all_leave", own="hr.view_leaverequest")


class LeaveRequest(VersionedModel):
    """Somebody asks to be away. ``days`` leaves out weekends and holidays of their calendar.

    ``asked_as`` keeps the contract's word (``half_day`` is annual leave of half a day); ``type`` is the policy that
    holds. Nobody decides their own.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")

    NEXT = {
        Status.PENDING: frozenset({Status.APPROVED, Status.REJECTED, Status.CANCELLED}),
        Status.APPROVED: frozenset({Status.CANCELLED}),
        Status.REJECTED: frozenset(),
        Status.CANCELLED: frozenset(),
    }

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="leave_requests"
    )
    type = models.ForeignKey(LeaveType, verbose_name=_("type"), on_delete=models.PROTECT, related_name="requests")
    asked_as = models.CharField(max_length=20, editable=False)
    start_date = models.DateField(_("from"))
    end_date = models.DateField(_("to"))
    half_day = models.BooleanField(_("half a day"), default=False)
    days = models.DecimalField(_("days"), max_digits=6, decimal_places=2, editable=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    document = models.ForeignKey(
        "core.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PENDING)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decision_note = models.CharField(_("note of the decision"), max_length=500, blank=True)

    objects = LeaveRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-start_date", "-id"]
        verbose_name = _("leave request")
        verbose_name_plural = _("leave requests")
        permissions = [
            ("view_all_leave", "Can see everybody's leave"),
            ("decide_leave", "Can decide leave of reports"),
            ("decide_any_leave", "Can decide leave of everybody else"),
            ("adjust_leave", "Can adjust leave balances"),
        ]
        indexes = [
            models.Index(fields=["user", "start_date", "id"], name="hr_leave_user"),
            models.Index(fields=["status", "start_date", "id"], name="hr_leave_status"),
            models.Index(fields=["start_date", "id"], name="hr_leave_start"),
            models.Index(fields=["created_at", "id"], name="hr_leave_created"),
        ]
        constraints = [
            models.CheckConstraint(name="hr_leave_end_after_start", condition=Q(end_date__gte=F("start_date"))),
            models.CheckConstraint(
                name="hr_leave_half_is_one_day", condition=Q(half_day=False) | Q(start_date=F("end_date"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.start_date} – {self.end_date}"


class LeaveDayQuerySet(ScopedQuerySet["LeaveDay"]):
    def visible_to(self, user: Any) -> Self:
        return scope.people_in_scope(self, user, everybody="hr.view_all_leave", own="hr.view_leaverequest")


class LeaveDay(models.Model):
    """One working day (or half of one) that an approved request takes. What attendance and payroll read.

    Written when a request is approved, removed when it is cancelled, and kept in step when holidays change.
    """

    request = models.ForeignKey(LeaveRequest, on_delete=models.CASCADE, related_name="leave_days")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leave_days")
    type = models.ForeignKey(LeaveType, on_delete=models.PROTECT, related_name="+")
    date = models.DateField(_("date"))
    #: 1 or 0.5
    portion = models.DecimalField(_("portion"), max_digits=3, decimal_places=2, default=1)
    is_paid = models.BooleanField(_("paid"))
    is_away = models.BooleanField(_("away"))

    objects = LeaveDayQuerySet.as_manager()

    class Meta:
        ordering = ["date", "id"]
        verbose_name = _("day of leave")
        verbose_name_plural = _("days of leave")
        indexes = [
            models.Index(fields=["user", "date"], name="hr_leaveday_user"),
            models.Index(fields=["date", "user"], name="hr_leaveday_date"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["request", "date"], name="hr_leaveday_once"),
            models.CheckConstraint(name="hr_leaveday_portion", condition=Q(portion__gt=0, portion__lte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.date}"


class LeaveEntryQuerySet(ScopedQuerySet["LeaveEntry"]):
    def visible_to(self, user: Any) -> Self:
        return scope.people_in_scope(self, user, everybody="hr.view_all_leave", own="hr.view_leaverequest")


class LeaveEntry(TimestampedModel):
    """A line of the leave ledger. Appended, never changed: a balance is the sum of its lines, nothing else.

    ``key`` makes what a job writes happen once (``accrual:annual:2026-03``, ``carry:annual:2026``); it is empty for
    what people do.
    """

    class Kind(models.TextChoices):
        ACCRUAL = "accrual", _("Accrued")
        CARRY_OVER = "carry_over", _("Carried over")
        LAPSE = "lapse", _("Lapsed")
        TAKEN = "taken", _("Taken")
        RETURNED = "returned", _("Given back")
        ADJUSTED = "adjusted", _("Adjusted")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="leave_entries"
    )
    type = models.ForeignKey(LeaveType, verbose_name=_("type"), on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    days = models.DecimalField(_("days"), max_digits=7, decimal_places=3)
    effective_on = models.DateField(_("on"))
    request = models.ForeignKey(
        LeaveRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    key = IdentifierField(max_length=80, null=True, blank=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = LeaveEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-id"]
        verbose_name = _("entry of the leave ledger")
        verbose_name_plural = _("leave ledger")
        indexes = [models.Index(fields=["user", "type", "effective_on"], name="hr_ledger_balance")]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="hr_ledger_key_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()} {self.days}"


class BlockedDaysQuerySet(ScopedQuerySet["BlockedDays"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_blockeddays") else self.none()


class BlockedDays(VersionedModel):
    """Days on which no leave is taken (a launch, the end of the year), for a department or everybody."""

    name = models.CharField(_("name"), max_length=80)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    department = models.ForeignKey(
        "accounts.Department", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = BlockedDaysQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("blocked days")
        verbose_name_plural = _("blocked days")
        constraints = [
            models.CheckConstraint(name="hr_blocked_end_after_start", condition=Q(ends_on__gte=F("starts_on")))
        ]

    def __str__(self) -> str:
        return self.name


class LeaveFeedQuerySet(ScopedQuerySet["LeaveFeed"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(user_id=user.pk)


class LeaveFeed(TimestampedModel):
    """The secret address of somebody's leave calendar, for programs that cannot sign in. Only its hash is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leave_feed")
    token_hash = IdentifierField(max_length=64, unique=True, editable=False)

    objects = LeaveFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave calendar feed")
        verbose_name_plural = _("leave calendar feeds")

    def __str__(self) -> str:
        return str(self.user)
