"""Postings, candidates and interviews for tests: ``CandidateFactory(posting=posting, stage="offer")``."""

import datetime as dt

import factory

from accounts.tests.factories import UserFactory
from hr.models import Candidate, Interview, JobPosting, OnboardingTask, Scorecard, StageTemplate
from hyperflow.core import clock


class PostingFactory(factory.django.DjangoModelFactory[JobPosting]):
    """An open posting with the stages that are installed."""

    class Meta:
        model = JobPosting

    title = factory.Sequence(lambda n: f"Designer {n}")
    currency = "EUR"
    status = "open"
    posted_date = factory.LazyFunction(clock.business_date)
    template = factory.LazyFunction(lambda: StageTemplate.objects.get(name="Standard"))


class CandidateFactory(factory.django.DjangoModelFactory[Candidate]):
    """Somebody who applied today and stands at ``stage``."""

    class Meta:
        model = Candidate

    posting = factory.SubFactory(PostingFactory)
    name = factory.Sequence(lambda n: f"Candidate {n}")
    email = factory.Sequence(lambda n: f"candidate{n}@example.org")
    stage = "new"
    step = factory.LazyAttribute(lambda made: made.posting.template.stages.filter(word=made.stage).first())
    furthest = factory.LazyAttribute(
        lambda made: Candidate.FUNNEL.index(made.stage) if made.stage in Candidate.FUNNEL else 0
    )
    source = "careers"
    applied_on = factory.LazyFunction(clock.business_date)
    erase_on = factory.LazyFunction(lambda: clock.business_date() + dt.timedelta(days=180))


class InterviewFactory(factory.django.DjangoModelFactory[Interview]):
    class Meta:
        model = Interview
        skip_postgeneration_save = True

    candidate = factory.SubFactory(CandidateFactory, stage="interview")
    round = factory.Sequence(lambda n: n + 1)
    starts_at = factory.LazyFunction(clock.now)

    @factory.post_generation
    def interviewers(self, create, extracted, **kwargs):
        self.interviewers.set(extracted or [])


class ScorecardFactory(factory.django.DjangoModelFactory[Scorecard]):
    class Meta:
        model = Scorecard

    interview = factory.SubFactory(InterviewFactory)
    interviewer = factory.SubFactory(UserFactory)
    overall = 4


class OnboardingTaskFactory(factory.django.DjangoModelFactory[OnboardingTask]):
    class Meta:
        model = OnboardingTask

    user = factory.SubFactory(UserFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = "Order a computer"
    due_on = factory.LazyFunction(clock.business_date)
