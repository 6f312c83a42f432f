"""What holds when many do it at once, on a real server."""

import pytest

from accounts.models import User
from accounts.tests.factories import UserFactory
from clients.tests.helpers import at_once
from hr.models import Candidate, Employment, OnboardingTask, Scorecard
from hr.services import recruitment_candidates as services
from hr.services import recruitment_interviews as interviews
from hr.services.recruitment_hiring import hire
from hr.tests.recruitment_factories import CandidateFactory, InterviewFactory, PostingFactory
from hyperflow.core.errors import Conflict
from hyperflow.core.models import AuditEntry

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_of_twenty_hirings_at_once_there_is_one_colleague():
    hr = UserFactory(as_="hr")
    candidate = CandidateFactory(stage="offer")

    results = at_once(20, lambda _turn: hire(candidate=candidate, actor=hr))

    assert [error for error in results if isinstance(error, Exception)] == []
    user = User.objects.get(email=candidate.email)
    assert {row.employee_id for row in results} == {user.pk}
    assert Employment.objects.filter(user=user).count() == 1
    assert OnboardingTask.objects.filter(user=user).count() == 8
    assert AuditEntry.objects.filter(action="candidate.hired").count() == 1


def test_of_twenty_applications_with_one_address_one_is_kept():
    posting = PostingFactory()

    results = at_once(
        20, lambda turn: services.apply(posting=posting, actor=None, name=f"Ada {turn}", email="ada@example.org")
    )

    assert sum(isinstance(one, Candidate) for one in results) == 1
    assert [one.code for one in results if isinstance(one, Conflict)] == ["already_applied"] * 19
    assert Candidate.objects.count() == 1


def test_moves_hirings_and_applications_do_not_wait_for_each_other_in_a_circle():
    hr = UserFactory(as_="hr")
    posting = PostingFactory(openings=100)
    there = CandidateFactory.create_batch(10, posting=posting)

    def work(turn):
        if turn % 2:
            return services.apply(posting=posting, actor=None, name="New", email=f"new{turn}@example.org")
        return hire(candidate=there[turn // 2], actor=hr)

    results = at_once(20, work)

    assert [error for error in results if isinstance(error, Exception)] == []
    assert Candidate.objects.filter(stage="hired").count() == 10
    assert Candidate.objects.count() == 20


def test_the_average_counts_every_card_that_comes_at_once():
    panel = UserFactory.create_batch(5, as_="manager")
    interview = InterviewFactory(interviewers=panel)

    results = at_once(
        5, lambda turn: interviews.add_scorecard(interview=interview, actor=panel[turn], overall=turn + 1)
    )

    assert [error for error in results if isinstance(error, Exception)] == []
    assert Scorecard.objects.count() == 5
    assert str(Candidate.objects.get().average) == "3.00"
