"""Questions about postings and candidates."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr.models import Candidate, JobPosting, RecruitmentStage, Scorecard
from hyperflow.core.registry import Counter

#: Cards a column of the board shows; the list has the others.
MOST_CARDS = 60


def applicants_of(postings: Iterable[JobPosting]) -> dict[int, int]:
    """How many have applied for each, in one query."""
    ids = [posting.pk for posting in postings]
    rows = Candidate._base_manager.filter(posting__in=ids).order_by().values_list("posting_id")
    return dict(rows.annotate(Count("pk")))


def scores_of(candidate: Candidate) -> dict[str, Any]:
    """What the scorecards say on average; a score that nobody gave is none."""
    cards = Scorecard._base_manager.filter(interview__candidate=candidate)
    found = cards.aggregate(count=Count("pk"), **{f"mean_{name}": Avg(name) for name in Scorecard.SCORES})
    means = {name: found[f"mean_{name}"] for name in Scorecard.SCORES}
    return {
        "count": found["count"],
        **{name: None if mean is None else round(float(mean), 2) for name, mean in means.items()},
    }


@dataclass(frozen=True)
class BoardColumn:
    """A stage with those who stand at it, the best first."""

    stage: RecruitmentStage
    cards: list[Candidate]
    count: int
    #: Where they may be moved, the next stage first.
    targets: list[RecruitmentStage]


def board(posting: JobPosting, user: Any) -> list[BoardColumn]:
    """The candidates of a posting by stage, in as many queries as it has stages, whoever is in them."""
    rows = Candidate.objects.visible_to(user).filter(posting=posting)
    counts = dict(rows.order_by().values_list("step_id").annotate(Count("pk")))
    columns, stages = [], list(posting.template.stages.all())
    for place, stage in enumerate(stages):
        cards = list(rows.filter(step=stage).order_by("erased_at", "-average", "-rating", "created_at")[:MOST_CARDS])
        targets = [*stages[place + 1 :], *stages[:place]]
        columns.append(BoardColumn(stage, cards, counts.get(stage.pk, 0), targets))
    return columns


@dataclass(frozen=True)
class Funnel:
    """How far the candidates of a group came, and how long hiring took on average."""

    key: Any
    reached: tuple[int, ...]
    rejected: int
    days_to_hire: Decimal | None

    @property
    def applied(self) -> int:
        return self.reached[0]

    @property
    def hired(self) -> int:
        return self.reached[-1]


GROUPS = {"posting": "posting_id", "source": "source", "department": "posting__department_id"}


def funnels(
    user: Any, *, start: dt.date, end: dt.date, group: str, posting: JobPosting | None = None, source: str = ""
) -> list[Funnel]:
    """Those who applied in the period, by posting, source or department: one query."""
    rows = Candidate.objects.visible_to(user).filter(applied_on__range=(start, end))
    if posting is not None:
        rows = rows.filter(posting=posting)
    if source:
        rows = rows.filter(source=source)
    steps = range(len(Candidate.FUNNEL))
    found = (
        rows.order_by()
        .values_list(GROUPS[group])
        .annotate(
            **{f"reached_{step}": Count("pk", filter=Q(furthest__gte=step)) for step in steps},
            rejected=Count("pk", filter=Q(stage=Candidate.Stage.REJECTED)),
            days=Avg("days_to_hire"),
        )
    )
    return [
        Funnel(key, tuple(counts[: len(steps)]), counts[-2], None if counts[-1] is None else Decimal(str(counts[-1])))
        for key, *counts in found
    ]


def sources(user: Any) -> list[str]:
    """Every source that a candidate came from."""
    rows = Candidate.objects.visible_to(user).exclude(source="")
    return sorted(set(rows.order_by().values_list("source", flat=True).distinct()))


def home_counters(user: Any) -> list[Counter]:
    """What waits for who recruits."""
    if not user.has_perm("hr.change_candidate"):
        return []
    new = Candidate.objects.visible_to(user).filter(stage=Candidate.Stage.NEW, erased_at__isnull=True)
    address = reverse("admin:hr_candidate_changelist")
    return [Counter(_("New candidates"), new.order_by().count(), f"{address}?stage__exact=new")]
