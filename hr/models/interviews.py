"""What colleagues find out about a candidate: interviews, scorecards, notes."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hr import scope
from hr.models.recruitment import Candidate
from hyperflow.core.models import ScopedQuerySet, TimestampedModel, VersionedModel


class InterviewQuerySet(ScopedQuerySet["Interview"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for others those of the candidates that they see, and those that they hold, whatever else of
        recruitment their role shows them."""
        return scope.of_recruitment(
            self,
            user,
            view="hr.view_interview",
            involved=lambda: _of_candidates(user, "candidate") | Q(pk__in=_held_by(user)),
        )


class Interview(VersionedModel):
    """A round of talking to a candidate. Its interviewers see it, whom they meet and the résumé, and each fill in a
    scorecard."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    NEXT: ClassVar[dict[str, frozenset[str]]] = {
        Status.PLANNED: frozenset({Status.DONE, Status.CANCELLED}),
        Status.DONE: frozenset({Status.PLANNED}),
        Status.CANCELLED: frozenset({Status.PLANNED}),
    }

    secret_fields: ClassVar[frozenset[str]] = frozenset({"title", "notes", "location"})

    candidate = models.ForeignKey(
        Candidate, verbose_name=_("candidate"), on_delete=models.CASCADE, related_name="interviews"
    )
    round = models.PositiveSmallIntegerField(_("round"), editable=False)
    title = models.CharField(_("what it is about"), max_length=120, default="", blank=True)
    starts_at = models.DateTimeField(_("at"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(600)]
    )
    location = models.CharField(_("place or link"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PLANNED)
    notes = models.TextField(_("notes"), max_length=10_000, blank=True)
    interviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("interviewers"), blank=True, related_name="interviews"
    )

    objects = InterviewQuerySet.as_manager()

    class Meta:
        ordering = ["candidate", "round"]
        verbose_name = _("interview")
        verbose_name_plural = _("interviews")
        indexes = [
            models.Index(fields=["candidate", "created_at", "id"], name="hr_interview_candidate"),
            models.Index(fields=["candidate", "starts_at", "id"], name="hr_interview_candidate_at"),
            models.Index(fields=["starts_at", "id"], name="hr_interview_at"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "round"], name="hr_interview_one_a_round"),
        ]

    def __str__(self) -> str:
        return self.audit_label + (f": {self.title}" if self.title else "")

    @property
    def audit_label(self) -> str:
        return str(_("Round %(round)s") % {"round": self.round})


class ScorecardQuerySet(ScopedQuerySet["Scorecard"]):
    def visible_to(self, user: Any) -> Self:
        """All for HR; for others those of the candidates that they see. Who only interviews sees their own."""
        return scope.of_recruitment(
            self,
            user,
            view="hr.view_scorecard",
            involved=lambda: _of_candidates(user, "interview__candidate") | Q(interviewer_id=user.pk),
        )


def _of_candidates(user: Any, path: str) -> Q:
    """The rows of the candidates that somebody sees."""
    return Q(**{f"{path}__in": Candidate.objects.visible_to(user).order_by().values("pk")})


def _held_by(user: Any) -> Any:
    """The interviews whose panel somebody is on."""
    return Interview.interviewers.through._default_manager.filter(user_id=user.pk).values("interview_id")


def _score(label: Any, **options: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(1), MaxValueValidator(5)], help_text=_("1 to 5"), **options
    )


class Scorecard(VersionedModel):
    """What one interviewer thinks after one interview, each from 1 to 5; what was not looked at stays empty."""

    SCORES: ClassVar[tuple[str, ...]] = ("coding", "english", "aptitude", "overall")
    secret_fields: ClassVar[frozenset[str]] = frozenset({"notes"})

    interview = models.ForeignKey(
        Interview, verbose_name=_("interview"), on_delete=models.CASCADE, related_name="scorecards"
    )
    interviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("interviewer"), on_delete=models.PROTECT, related_name="scorecards"
    )
    coding = _score(_("coding"), null=True, blank=True)
    english = _score(_("English"), null=True, blank=True)
    aptitude = _score(_("aptitude"), null=True, blank=True)
    overall = _score(_("overall"))
    notes = models.TextField(_("notes"), max_length=10_000, blank=True)

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        ordering = ["interview", "id"]
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        indexes = [models.Index(fields=["interview", "created_at", "id"], name="hr_scorecard_interview")]
        constraints = [
            models.UniqueConstraint(fields=["interview", "interviewer"], name="hr_scorecard_one_each"),
            models.CheckConstraint(
                name="hr_scorecard_scores",
                condition=Q(overall__gte=1, overall__lte=5)
                & (Q(coding__isnull=True) | Q(coding__gte=1, coding__lte=5))
                & (Q(english__isnull=True) | Q(english__gte=1, english__lte=5))
                & (Q(aptitude__isnull=True) | Q(aptitude__gte=1, aptitude__lte=5)),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Scorecard %(number)s") % {"number": self.pk or ""}).strip()


class CandidateNoteQuerySet(ScopedQuerySet["CandidateNote"]):
    def visible_to(self, user: Any) -> Self:
        return scope.of_recruitment(
            self, user, view="hr.view_candidatenote", involved=lambda: _of_candidates(user, "candidate")
        )


class CandidateNote(TimestampedModel):
    """Something that a colleague writes down about a candidate. Goes with everything personal when that is erased."""

    candidate = models.ForeignKey(
        Candidate, verbose_name=_("candidate"), on_delete=models.CASCADE, related_name="remarks"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField(_("text"), max_length=10_000)

    objects = CandidateNoteQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["candidate", "created_at", "id"], name="hr_note_candidate")]

    def __str__(self) -> str:
        return str(_("Note %(number)s") % {"number": self.pk or ""}).strip()
