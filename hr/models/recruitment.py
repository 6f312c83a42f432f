"""Postings, the stages that candidates pass through, and the candidates."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models.clients import one_line, validate_currency
from hr import scope
from hr.models.employment import Employment
from hyperflow.core import money
from hyperflow.core.fields import ExactEmailField
from hyperflow.core.models import ScopedQuerySet, VersionedModel


class StageTemplateQuerySet(ScopedQuerySet["StageTemplate"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("hr.view_stagetemplate") else self.none()


class StageTemplate(VersionedModel):
    """The stages of a kind of hiring, in their order, for any number of postings.

    Whatever the agency calls them, each stands for one of the words that every client of the API knows
    (`Candidate.Stage`). A template begins with one that is new and has one for hired and one for rejected.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("For postings that name none. The latest one marked so holds.")
    )

    objects = StageTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("stage template")
        verbose_name_plural = _("stage templates")
        indexes = [models.Index(fields=["created_at", "id"], name="hr_stages_created")]

    def __str__(self) -> str:
        return self.name


class RecruitmentStage(models.Model):
    """One stage of a template: what the agency calls it, and which word of the API it stands for."""

    class Word(models.TextChoices):
        NEW = "new", _("New")
        SCREENING = "screening", _("Screening")
        INTERVIEW = "interview", _("Interview")
        OFFER = "offer", _("Offer")
        HIRED = "hired", _("Hired")
        REJECTED = "rejected", _("Rejected")

    template = models.ForeignKey(
        StageTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="stages"
    )
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=60)
    word = models.CharField(_("stands for"), max_length=9, choices=Word.choices)

    class Meta:
        ordering = ["position"]
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            models.UniqueConstraint(fields=["template", "position"], name="hr_stage_one_a_place"),
            models.UniqueConstraint(fields=["template", "name"], name="hr_stage_one_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class JobPostingQuerySet(ScopedQuerySet["JobPosting"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for others those that they hire for, and those whose candidates they interview."""

        def involved() -> Q:
            interviewed = _panel().filter(user_id=user.pk).values("interview__candidate__posting_id")
            return Q(hiring_manager_id=user.pk) | Q(pk__in=interviewed)

        return scope.of_recruitment(self, user, view="hr.view_jobposting", involved=involved)

    def published(self, today: dt.date) -> Self:
        """Those that take applications on that day."""
        not_over = Q(closing_date__isnull=True) | Q(closing_date__gte=today)
        return self.filter(not_over, status=JobPosting.Status.OPEN)


class JobPosting(VersionedModel):
    """A job that is offered. It takes applications while it is open and its closing date has not passed.

    The salary range is shown to who may see pay, and to others only where the posting says so. Once as many people
    are hired as there are ``openings``, the posting is filled.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        FILLED = "filled", _("Filled")

    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        Status.DRAFT: frozenset({Status.OPEN, Status.CLOSED}),
        Status.OPEN: frozenset({Status.CLOSED, Status.FILLED}),
        Status.CLOSED: frozenset({Status.OPEN, Status.FILLED}),
        Status.FILLED: frozenset({Status.OPEN}),
    }

    title = models.CharField(_("title"), max_length=160)
    department = models.ForeignKey(
        "accounts.Department",
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="job_postings",
    )
    location = models.CharField(_("location"), max_length=120, blank=True)
    employment_type = models.CharField(
        _("type"), max_length=10, choices=Employment.Type.choices, default=Employment.Type.FULL_TIME
    )
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    requirements = models.JSONField(_("requirements"), default=list, blank=True)
    salary_min = models.DecimalField(
        _("salary from"), max_digits=18, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    salary_max = models.DecimalField(
        _("salary to"), max_digits=18, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    shows_salary = models.BooleanField(_("show the salary range to everybody"), default=False)
    openings = models.PositiveSmallIntegerField(
        _("openings"), default=1, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    hiring_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("hiring manager"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="job_postings",
    )
    template = models.ForeignKey(
        StageTemplate, verbose_name=_("stages"), on_delete=models.PROTECT, related_name="postings"
    )
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.DRAFT)
    posted_date = models.DateField(_("posted on"), null=True, blank=True, editable=False)
    closing_date = models.DateField(_("last day to apply"), null=True, blank=True)

    objects = JobPostingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("job posting")
        verbose_name_plural = _("job postings")
        permissions = [("view_all_recruitment", "Can see every posting and candidate")]
        indexes = [
            models.Index(fields=["created_at", "id"], name="hr_posting_created"),
            models.Index(fields=["title", "id"], name="hr_posting_title"),
            models.Index(fields=["status", "created_at", "id"], name="hr_posting_status"),
            models.Index(fields=["status", "title", "id"], name="hr_posting_status_title"),
            models.Index(fields=["hiring_manager", "created_at"], name="hr_posting_manager"),
        ]
        constraints = [
            models.CheckConstraint(
                name="hr_posting_salary_range",
                condition=Q(salary_min__isnull=True) | Q(salary_max__isnull=True) | Q(salary_max__gte=F("salary_min")),
            ),
            models.CheckConstraint(name="hr_posting_openings", condition=Q(openings__gte=1)),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        one_line(self, "title", "location")
        if self.salary_min is not None and self.salary_max is not None and self.salary_max < self.salary_min:
            raise ValidationError({"salary_max": _("The salary range ends below where it begins.")})
        values = {"currency": self.currency, "digits": money.digits(self.currency)}
        for name in ("salary_min", "salary_max"):
            amount = getattr(self, name)
            if amount is not None and not money.fits(amount, self.currency):
                message = _("%(currency)s has %(digits)d digits after the point: write the salary with no more.")
                raise ValidationError({name: ValidationError(message, code="too_many_digits", params=values)})

    def takes_applications(self, today: dt.date) -> bool:
        return self.status == self.Status.OPEN and (self.closing_date is None or self.closing_date >= today)


class CandidateQuerySet(ScopedQuerySet["Candidate"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for others those of the postings they hire for, and those they interview."""

        def involved() -> Q:
            interviewed = _panel().filter(user_id=user.pk).values("interview__candidate_id")
            return Q(posting__hiring_manager_id=user.pk) | Q(pk__in=interviewed)

        return scope.of_recruitment(self, user, view="hr.view_candidate", involved=involved)


class Candidate(VersionedModel):
    """Somebody who applies for one posting; whoever applies for two is two candidates.

    ``step`` is the stage of the posting's template, ``stage`` the word it stands for. ``furthest`` is how far they
    ever came (`Candidate.FUNNEL`), which a rejection does not take back. What is personal is erased on ``erase_on``
    unless they were hired; the row stays to be counted. Nothing personal goes into the audit log, since that is
    never erased.
    """

    Stage = RecruitmentStage.Word
    ACTIVE: ClassVar[frozenset[str]] = frozenset({Stage.NEW, Stage.SCREENING, Stage.INTERVIEW, Stage.OFFER})
    #: People go back and forth while nothing is decided; a rejection can be taken back, a hiring cannot.
    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        **dict.fromkeys(sorted(ACTIVE), ACTIVE | {Stage.HIRED, Stage.REJECTED}),
        Stage.REJECTED: ACTIVE,
        Stage.HIRED: frozenset(),
    }
    #: The way to being hired; a number in ``furthest`` is a place in it.
    FUNNEL: ClassVar[tuple[str, ...]] = (Stage.NEW, Stage.SCREENING, Stage.INTERVIEW, Stage.OFFER, Stage.HIRED)

    secret_fields: ClassVar[frozenset[str]] = frozenset(
        {"name", "email", "phone", "skills", "experience_years", "notes", "rejection_reason"}
    )

    posting = models.ForeignKey(
        JobPosting, verbose_name=_("posting"), on_delete=models.PROTECT, related_name="candidates"
    )
    name = models.CharField(_("name"), max_length=150)
    email = ExactEmailField(_("e-mail address"), max_length=254)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    step = models.ForeignKey(
        RecruitmentStage, verbose_name=_("stage"), on_delete=models.PROTECT, related_name="candidates"
    )
    stage = models.CharField(_("stands at"), max_length=9, choices=Stage.choices, default=Stage.NEW)
    furthest = models.PositiveSmallIntegerField(_("came as far as"), default=0, editable=False)
    skills = models.JSONField(_("skills"), default=list, blank=True)
    experience_years = models.DecimalField(
        _("years of experience"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(80)],
    )
    resume = models.ForeignKey(
        "core.StoredFile",
        verbose_name=_("résumé"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="candidates",
        editable=False,
    )
    rating = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    average = models.DecimalField(
        _("average of the scorecards"), max_digits=3, decimal_places=2, null=True, editable=False
    )
    notes = models.TextField(_("summary"), max_length=10_000, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    rejection_reason = models.CharField(_("reason of the rejection"), max_length=500, blank=True, editable=False)
    applied_on = models.DateField(_("applied on"), editable=False)
    erase_on = models.DateField(_("erased on"), help_text=_("What is personal is erased then, unless they were hired."))
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)
    hired_at = models.DateTimeField(_("hired at"), null=True, editable=False)
    days_to_hire = models.PositiveIntegerField(_("days to hire"), null=True, editable=False)
    employee = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("employee"),
        on_delete=models.PROTECT,
        null=True,
        related_name="application",
        editable=False,
    )

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        permissions = [
            ("hire_candidate", "Can hire candidates, which makes an account"),
            ("erase_candidate", "Can erase what is personal of candidates"),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="hr_candidate_created"),
            models.Index(fields=["posting", "created_at", "id"], name="hr_candidate_posting"),
            models.Index(fields=["posting", "name", "id"], name="hr_candidate_name"),
            models.Index(fields=["posting", "stage", "created_at", "id"], name="hr_candidate_stage"),
            models.Index(fields=["posting", "stage", "name", "id"], name="hr_candidate_stage_name"),
            models.Index(fields=["erased_at", "erase_on", "id"], name="hr_candidate_due"),
            models.Index(fields=["applied_on"], name="hr_candidate_applied"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["posting", "email"], name="hr_candidate_applies_once"),
            models.CheckConstraint(
                name="hr_candidate_rating", condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5)
            ),
            models.CheckConstraint(
                name="hr_candidate_employee_is_hired", condition=Q(employee__isnull=True) | Q(stage="hired")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        """Without the name: the audit log keeps it for good."""
        return str(_("Candidate %(number)s") % {"number": self.pk})

    def clean(self) -> None:
        one_line(self, "name", "phone", "source")

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None


def _panel() -> Any:
    from hr.models.interviews import Interview

    return Interview.interviewers.through._default_manager.all()
