"""What the invented work happens on: people, calendars, clients and projects, made by the services and dated back."""

import datetime as dt
import random
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from accounts.models import Department, Role, User, WorkingCalendar
from accounts.services import calendars, departments, people
from clients.models import Client, Contact, Project
from clients.services.clients import create_client
from clients.services.contacts import add_contact
from clients.services.portal import add_portal_user
from clients.services.preferences import add_brand
from clients.services.projects import create_project
from hyperflow.core import clock
from hyperflow.core.models import AuditEntry
from hyperflow.demo import agency
from hyperflow.demo.customers import CUSTOMERS, Customer, Order
from hyperflow.demo.days import DAY, SHORT, Diary, holidays
from integrations.services import backfill

MONTH = dt.timedelta(days=30.4)
#: How far back the work goes.
MONTHS = 14


@dataclass(frozen=True)
class Site:
    """A project with what its invented tasks need to know."""

    project: Project
    order: Order
    customer: Customer
    contact: Contact
    lead: User
    begins: dt.date
    ends: dt.date


@dataclass
class Stage:
    """All that is there before the first task. ``now`` is the moment of loading: nothing lies after it."""

    now: dt.datetime
    random: random.Random
    people: dict[str, User] = field(default_factory=dict)
    by_craft: dict[str, list[User]] = field(default_factory=dict)
    diaries: dict[int, Diary] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    contacts: dict[int, list[Contact]] = field(default_factory=dict)
    #: What is to be in the audit log beside what the services wrote.
    history: list[AuditEntry] = field(default_factory=list)

    @property
    def today(self) -> dt.date:
        return clock.business_date(None, self.now)

    @property
    def began(self) -> dt.datetime:
        """When the agency, as far as the data knows, began to use HyperFlow."""
        return self.now - MONTHS * MONTH - 20 * DAY

    def months_ago(self, months: float) -> dt.date:
        return self.today - dt.timedelta(days=round(30.4 * months))

    @property
    def admin(self) -> User:
        return self.people[agency.ADMIN]


def set_up(now: dt.datetime, *, seed: int, password: str) -> Stage:
    stage = Stage(now, random.Random(seed))
    _people(stage)
    _calendars(stage)
    for customer in CUSTOMERS:
        _client(stage, customer)
    _portal(stage)
    _let_in(password)
    return stage


def _people(stage: Stage) -> None:
    parts: dict[str, Department] = {
        name: departments.create_department(actor=None, name=name) for name in agency.DEPARTMENTS
    }
    for colleague in agency.COLLEAGUES:
        user = people.create_user(
            actor=None,
            name=colleague.name,
            email=colleague.email,
            role=Role.objects.get(code=colleague.role),
            department=parts[colleague.department],
            job_title=colleague.job_title,
            timezone=colleague.zone,
            billing_rate=colleague.rate,
        )
        stage.people[user.email] = user
        for craft in colleague.crafts:
            stage.by_craft.setdefault(craft, []).append(user)
    backfill.date_back(parts.values(), stage.began)


def _calendars(stage: Stage) -> None:
    default = WorkingCalendar.objects.filter(is_default=True).order_by("pk").first()
    default = default or calendars.create_calendar(actor=stage.admin, name="Monday to Friday, 9 to 17", is_default=True)
    short = calendars.create_calendar(actor=stage.admin, name=agency.SHORT_WEEK)
    for weekday, stretches in SHORT.items():
        for starts_at, ends_at in stretches:
            calendars.add_hours(
                calendar=short, actor=stage.admin, weekday=weekday, starts_at=starts_at, ends_at=ends_at
            )
    years = range(stage.began.year, stage.today.year + 2)
    days = {day: name for year in years for day, name in holidays(year).items()}
    for calendar in (default, short):
        for day, name in days.items():
            calendars.add_holiday(calendar=calendar, actor=stage.admin, date=day, name=name)
    backfill.date_back([short], stage.began)
    for colleague in agency.COLLEAGUES:
        user = stage.people[colleague.email]
        if colleague.short_week:
            people.update_user(user=user, actor=stage.admin, calendar=short)
            user.refresh_from_db()
        stage.diaries[user.pk] = Diary(colleague.zone, short_week=colleague.short_week, holidays=set(days))
    backfill.date_back(stage.people.values(), stage.began)


def _client(stage: Stage, customer: Customer) -> None:
    lead = stage.random.choice([stage.people[agency.MANAGER], stage.people[agency.ACCOUNT_MANAGER]])
    at = stage.diaries[lead.pk].at(stage.months_ago(max(order.begins for order in customer.orders)) - 12 * DAY, 10, 20)
    number = CUSTOMERS.index(customer) + 1
    client, _ = create_client(
        actor=stage.admin,
        name=customer.name,
        description=customer.about,
        contact_info=f"{customer.people[0][0]}, {customer.people[0][1]}",
        email=f"hello@{customer.domain}",
        phone=f"+49 555 0100{number:02}",
        website=f"https://www.{customer.domain}",
        industry=customer.industry,
        status=customer.status,
        owner=lead,
        currency=customer.currency,
        hourly_rate=Decimal(customer.rate) if customer.rate else None,
        payment_terms_days=stage.random.choice((14, 14, 30, 30, 45)),
        tax_id=f"DE{811_000_000 + 7_919 * number}",
        address=f"{stage.random.choice(_STREETS)} {number + 3}\n{customer.city}",
        timezone=customer.zone,
        preferences={"dos": list(customer.dos), "donts": list(customer.donts)},
    )
    contacts = [_contact(client, customer, index, lead) for index in range(len(customer.people))]
    brands = [
        add_brand(client=client, actor=stage.admin, name=name, website=f"https://{login_of(name)}.{customer.domain}")
        for name in customer.brands
    ]
    client.refresh_from_db()
    stage.contacts[client.pk] = contacts
    backfill.date_back([client, *contacts, *brands], max(at, stage.began))
    for order in customer.orders:
        _project(stage, client, customer, order, lead)


_STREETS = ("Lindenallee", "Hafenstraße", "Am Markt", "Gartenweg", "Werkstraße", "Rue des Tisserands", "Quay Street")


def _contact(client: Client, customer: Customer, index: int, lead: User) -> Contact:
    name, position = customer.people[index]
    login = login_of(name)
    email = f"{login}@{customer.domain}"
    handles = [{"platform": "gmail", "handle": email}]
    if index == 0:
        handles += [
            {"platform": "slack", "handle": f"U{client.pk:04}{login[:6].upper().replace('.', '')}"},
            {"platform": "whatsapp", "handle": f"4955501{client.pk:04}{index}"},
        ]
    return add_contact(
        client=client,
        actor=lead,
        name=name,
        email=email,
        phone=f"+49 555 0101{client.pk % 100:02}{index}",
        position=position,
        is_primary=index == 0,
        handles=handles,
    )


def _project(stage: Stage, client: Client, customer: Customer, order: Order, lead: User) -> None:
    begins, ends = stage.months_ago(order.begins), stage.months_ago(order.ends)
    over = ends < stage.today
    crafts = {user.pk: user for craft in _crafts(order.kind) for user in stage.by_craft[craft]}
    project = create_project(
        actor=stage.admin,
        client=client,
        name=order.name,
        status=Project.Status.COMPLETED
        if over
        else Project.Status.ON_HOLD
        if customer.status == "paused"
        else Project.Status.ACTIVE,
        billing=order.billing,
        budget=order.budget,
        budget_hours=Decimal(order.hours) if order.hours else None,
        hourly_rate=order.rate,
        start_date=begins,
        end_date=ends,
        members=list({**crafts, lead.pk: lead}.values()),
    )
    at = stage.diaries[lead.pk].at(begins - 4 * DAY, 11, 5)
    backfill.date_back([project], max(at, stage.began))
    project.client = client
    stage.sites.append(Site(project, order, customer, stage.contacts[client.pk][0], lead, begins, ends))


def _crafts(kind: str) -> list[str]:
    from hyperflow.demo.topics import TOPICS

    return sorted({topic.craft for topic in TOPICS[kind]})


def _portal(stage: Stage) -> None:
    """Somebody at the first client may look in."""
    client = stage.sites[0].project.client
    contact = stage.contacts[client.pk][0]
    user = people.create_user(
        actor=None,
        name=contact.name,
        email=agency.PORTAL,
        role=Role.objects.get(code=Role.Code.CLIENT),
        timezone=client.timezone,
    )
    add_portal_user(client=client, user=user, actor=stage.admin)
    backfill.date_back([user], stage.began + 30 * DAY)
    stage.people[user.email] = user


def _let_in(password: str) -> None:
    """The seven accounts that may sign in share one hash: hashing is slow on purpose."""
    User.objects.filter(email__in=agency.SIGN_IN).update(password=make_password(password))


def login_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o")).encode("ascii", "ignore").decode()
    return ".".join(part for part in plain.lower().replace("dr. ", "").replace("&", " ").split() if part)
