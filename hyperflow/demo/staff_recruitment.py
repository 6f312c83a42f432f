"""Who applied for what, how far they came, and who begins soon. Told by the services; nobody is written to."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Department, User
from hr.models import Candidate, JobPosting
from hr.services import recruitment
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_hiring as hiring
from hr.services import recruitment_interviews as interviews
from hyperflow.core import clock
from hyperflow.demo import agency
from hyperflow.demo.days import DAY
from hyperflow.demo.staff import Staff, at_time
from hyperflow.demo.stage import login_of

Stage = Candidate.Stage

#: Title, department, hiring manager, place, salary, openings, days since it was posted (none for a draft), what for,
#: and what is asked for.
POSTINGS: tuple[tuple[Any, ...], ...] = (
    (
        "Senior front-end developer", agency.DEVELOPMENT, "manager", "Berlin or remote in Europe", (52_000, 64_000), 2,
        47,
        "You build the shops and sites that our clients live from. You decide how, and talk to the client yourself.",
        ("Four years with TypeScript and a component framework", "Accessible by habit", "English; German helps"),
    ),
    (
        "Account manager", agency.ACCOUNTS, "daniel.okafor", "London", (38_000, 46_000), 2, 33,
        "You look after six to eight clients: you know what they want before they ask, and say so when it is too much.",
        ("Three years at an agency", "Calm on the phone", "Numbers do not frighten you"),
    ),
    (
        "Motion designer", agency.DESIGN, "manager", "Madrid", (34_000, 42_000), 1, None,
        "Short films, animated logos, and everything that moves on a page.",
        ("A reel that we want to see twice",),
    ),
    (
        "Paid social specialist", agency.MARKETING, "manager", "Berlin", (36_000, 44_000), 1, 118,
        "You plan, buy and measure campaigns on the networks that our clients' customers use.",
        ("Two years of campaigns with a budget", "You can explain a funnel to a baker"),
    ),
)  # fmt: skip
FRONT_END, ACCOUNT, _MOTION, SOCIAL = range(4)


@dataclass(frozen=True)
class Applicant:
    """Somebody who applies. ``end`` is where they stand; ``scores`` are those of each round so far: coding, English,
    aptitude, overall."""

    name: str
    posting: int
    day: int
    end: str
    years: str
    skills: str
    source: str
    scores: tuple[tuple[int, int, int, int], ...] = ()
    is_invited: bool = False
    note: str = ""
    reason: str = ""


#: Whoever fills a posting comes last of those who applied for it. ``day`` counts from the day it was posted.
APPLICANTS = (
    Applicant("Nadia Ferreira", FRONT_END, 44, Stage.NEW, "5", "TypeScript, Vue, CSS", "careers"),
    Applicant("Emil Sandberg", FRONT_END, 45, Stage.NEW, "3.5", "React, Node", "careers"),
    Applicant("Anouk Visser", FRONT_END, 39, Stage.SCREENING, "7", "TypeScript, Svelte, accessibility", "referral",
              note="Rasmus worked with her at the last place and would do it again."),
    Applicant("Mateusz Zieba", FRONT_END, 34, Stage.SCREENING, "4", "React, GraphQL", "job board"),
    Applicant("Farah Haddad", FRONT_END, 24, Stage.INTERVIEW, "6", "TypeScript, React, design systems", "careers",
              scores=((4, 4, 4, 4),), is_invited=True, note="Would like to begin in two months."),
    Applicant("Oluwaseun Bello", FRONT_END, 27, Stage.INTERVIEW, "5", "Vue, Nuxt, testing", "job board",
              is_invited=True),
    Applicant("Greta Hallström", FRONT_END, 12, Stage.OFFER, "8", "TypeScript, React, performance", "careers",
              scores=((5, 4, 4, 5), (5, 5, 4, 5)), note="Asks for four days a week."),
    Applicant("Pavel Dvorak", FRONT_END, 6, Stage.HIRED, "6", "TypeScript, Vue, shops", "referral",
              scores=((4, 5, 4, 4), (4, 4, 5, 5)), note="The contract is signed; the account is still to be made."),
    Applicant("Lena Hoffstetter", FRONT_END, 9, Stage.REJECTED, "1", "HTML, CSS", "job board",
              reason="Not enough experience yet for a senior post."),
    Applicant("Hugo Martel", FRONT_END, 11, Stage.REJECTED, "5", "Angular", "job board",
              scores=((2, 3, 3, 2),), reason="Good at what he does, which is something else."),
    Applicant("Amara Nwosu", ACCOUNT, 30, Stage.NEW, "4", "Account management, French", "careers"),
    Applicant("Callum Reid", ACCOUNT, 23, Stage.SCREENING, "6", "Retail clients, budgets", "job board"),
    Applicant("Beatrix Cole", ACCOUNT, 16, Stage.INTERVIEW, "5", "Publishing, events", "careers", is_invited=True),
    Applicant("Imran Qureshi", ACCOUNT, 8, Stage.OFFER, "7", "Key accounts, pitching", "referral",
              scores=((3, 5, 5, 5),), note="Has another offer and answers by Friday."),
    Applicant("Esther Mbeki", ACCOUNT, 3, Stage.HIRED, "9", "Travel clients, French, budgets", "referral",
              scores=((4, 5, 4, 5),), note="The contract is out for her signature."),
    Applicant("Sally Penrose", ACCOUNT, 5, Stage.REJECTED, "2", "Sales", "job board",
              reason="Looks for a post in sales."),
    Applicant("Noah Steinfeld", SOCIAL, 19, Stage.REJECTED, "4", "Paid search", "job board",
              scores=((3, 3, 3, 3),), reason="Search rather than social."),
    Applicant("Valeria Conti", SOCIAL, 22, Stage.REJECTED, "2", "Community management", "careers",
              reason="The post was filled."),
    Applicant("Tilda Brückner", SOCIAL, 15, Stage.HIRED, "3", "Paid social, analytics", "careers",
              scores=((3, 4, 4, 4), (3, 5, 5, 5)), note="Begins at the first of the month."),
)  # fmt: skip
ROUNDS = ("First talk", "Work together for an afternoon")
REMARKS = (
    "Asks good questions and waits for the answer.",
    "Explains decisions by what the client gets from them.",
    "A bit nervous at first, then very clear.",
    "Has done most of what we need before.",
    "Would have liked to hear more about the why.",
)


def recruit(staff: Staff) -> list[Candidate]:
    """All postings and everybody who applied. One of them is an employee to be, whose account is inactive."""
    postings = [_posting(staff, *values) for values in POSTINGS]
    return [_Way(staff, one, postings[one.posting]).go() for one in APPLICANTS]


def _posting(
    staff: Staff, title: str, department: str, manager: str, place: str, salary: tuple[int, int], openings: int,
    ago: int | None, about: str, needs: tuple[str, ...],
) -> JobPosting:  # fmt: skip
    hr = staff.user("hr")
    posted = staff.office_day(staff.stage.today - (ago or 6) * DAY)
    return at_time(
        min(staff.at(hr, posted, 9, 30), staff.stage.now),
        recruitment.create_posting,
        actor=hr,
        title=title,
        status=JobPosting.Status.OPEN if ago is not None else JobPosting.Status.DRAFT,
        department=Department.objects.get(name=department),
        hiring_manager=staff.user(manager),
        location=place,
        salary_min=Decimal(salary[0]),
        salary_max=Decimal(salary[1]),
        currency="GBP" if place == "London" else "EUR",
        shows_salary=place != "London",
        openings=openings,
        description=about,
        requirements=list(needs),
    )


class _Way:
    """One applicant's way through the stages, a few days each."""

    def __init__(self, staff: Staff, one: Applicant, posting: JobPosting) -> None:
        self.staff, self.one, self.posting = staff, one, posting
        self.pick, self.hr = staff.stage.random, staff.user("hr")
        self.manager: User = staff.user("daniel.okafor" if one.posting == ACCOUNT else "manager")
        self.day = posting.created_at.date() + one.day * DAY

    def go(self) -> Candidate:
        one = self.one
        with clock.as_of(self._at(self.pick.randint(8, 20), on=self.day)):
            candidate = candidates.apply(
                posting=self.posting,
                actor=None,
                name=one.name,
                email=f"{login_of(one.name)}@applicants.example",
                phone=f"+49 555 0102{self.pick.randint(10, 99)}",
                skills=one.skills.split(", "),
                experience_years=Decimal(one.years),
                source=one.source,
                notify=False,
            )
        if one.end == Stage.NEW:
            return candidate
        if one.end != Stage.REJECTED or one.scores:
            candidate = self._move(candidate, Stage.SCREENING, 2)
        if one.note:
            at_time(self._at(16), candidates.add_note, candidate=candidate, actor=self.hr, text=one.note)
        if one.scores or one.end == Stage.INTERVIEW:
            candidate = self._move(candidate, Stage.INTERVIEW, 3)
            self._talk(candidate)
        if one.end in (Stage.OFFER, Stage.HIRED):
            candidate = self._move(candidate, Stage.OFFER, 3)
        return self._decide(candidate)

    def _at(self, hour: int, *, on: dt.date | None = None) -> dt.datetime:
        """An hour of the office's day, never after now."""
        at = self.staff.at(self.hr, on or self.day, hour, self.pick.randint(0, 59))
        return min(at, self.staff.stage.now)

    def _later(self, days: int) -> None:
        self.day = self.staff.office_day(self.day + days * DAY)

    def _move(self, candidate: Candidate, stage: str, days: int, reason: str = "") -> Candidate:
        self._later(days)
        at = self._at(11)
        return at_time(
            at, candidates.move, candidate=candidate, actor=self.hr, stage=stage, reason=reason, notify=False
        )

    def _talk(self, candidate: Candidate) -> None:
        """The rounds there were, with what everybody thought; and the one that is to come."""
        for number, scores in enumerate(self.one.scores):
            interview = self._interview(candidate, number, ahead=4)
            self._later(4)
            for person in (self.manager, self.hr):
                shift = self.pick.choice((0, 0, 0, -1, 1))
                coding, english, aptitude, overall = (max(1, min(5, score + shift)) for score in scores)
                at_time(
                    self._at(16),
                    interviews.add_scorecard,
                    interview=interview,
                    actor=person,
                    coding=coding if self.one.posting == FRONT_END else None,
                    english=english,
                    aptitude=aptitude,
                    overall=overall,
                    notes=self.pick.choice(REMARKS),
                )
        if self.one.is_invited:
            self._interview(candidate, len(self.one.scores), on=self.staff.stage.today + self.pick.randint(2, 5) * DAY)

    def _interview(self, candidate: Candidate, number: int, *, ahead: int = 0, on: dt.date | None = None) -> Any:
        day = self.staff.office_day(on or self.day + ahead * DAY)
        return at_time(
            self._at(12),
            interviews.plan_interview,
            candidate=candidate,
            actor=self.hr,
            interviewers=[self.manager, self.hr],
            title=ROUNDS[min(number, len(ROUNDS) - 1)],
            starts_at=self.staff.at(self.hr, day, self.pick.randint(10, 14)),
            minutes=60 if number == 0 else 180,
            location="Video call" if number == 0 else "At the office",
        )

    def _decide(self, candidate: Candidate) -> Candidate:
        one = self.one
        if one.end == Stage.REJECTED:
            return self._move(candidate, Stage.REJECTED, 2, one.reason)
        if one.end == Stage.HIRED and one.posting == SOCIAL:
            self._later(4)
            begins = (self.staff.stage.today.replace(day=1) + 32 * DAY).replace(day=1)
            return at_time(
                self._at(13),
                hiring.hire,
                candidate=candidate,
                actor=self.hr,
                hire_date=begins,
                manager=self.staff.user("marketing"),
            )
        return self._move(candidate, Stage.HIRED, 4) if one.end == Stage.HIRED else candidate
