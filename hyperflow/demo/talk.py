"""What people said: comments on tasks, what went to and fro with clients, and what colleagues were told."""

import datetime as dt

from django.db.models import F

from accounts.models import Notification, User
from clients.models import CommunicationLog
from hyperflow.demo.days import DAY
from hyperflow.demo.past import PastTask
from hyperflow.demo.stage import Site, Stage
from hyperflow.demo.topics import COMMENTS, GROUP, TALKS
from hyperflow.demo.work import Draft
from integrations.services import backfill
from tasks.models import Comment

TOLD_SINCE = 21 * DAY
READ_AFTER = 3 * DAY


def comments(stage: Stage, draft: Draft, past: PastTask) -> None:
    """A few remarks between the making of a task and the last thing that happened to it."""
    pick = stage.random
    task = past.task
    begins, ends = task.created_at + dt.timedelta(minutes=20), min(past.last_at + 2 * DAY, stage.now)
    if ends <= begins:
        return
    voices: list[User] = [draft.assignee, draft.assignee, draft.site.lead, pick.choice(stage.by_craft[past.craft])]
    count = pick.choices((0, 1, 2, 3, 5), weights=(38, 28, 18, 12, 4))[0]
    moments = sorted(begins + (ends - begins) * pick.random() for _ in range(count))
    for moment in moments:
        author = pick.choice(voices)
        pool = COMMENTS[GROUP[past.craft]] if pick.random() < 0.6 else COMMENTS["any"]
        said = pick.choice(pool).format(contact=draft.site.contact.name)
        if past.comments and past.comments[-1].content == said:
            continue
        at = _in_hours(stage, author, moment, begins, ends)
        if past.comments and at <= past.comments[-1].created_at:
            continue
        past.comments.append(Comment(task=task, author=author, content=said, created_at=at))


def _in_hours(stage: Stage, author: User, moment: dt.datetime, begins: dt.datetime, ends: dt.datetime) -> dt.datetime:
    """Nearby, at a time of day at which people work."""
    diary = stage.diaries[author.pk]
    day = diary.next_working_day(moment.astimezone(diary.zone).date())
    at = diary.at(day, stage.random.randint(9, 16), stage.random.randint(0, 59))
    at = at if begins < at < ends else moment
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def communications(stage: Stage) -> None:
    """The log of each client, with the history that the service would have left."""
    rows: list[CommunicationLog] = []
    seen: set[int] = set()
    for site in stage.sites:
        if site.project.client_id not in seen:
            seen.add(site.project.client_id)
            rows += _log(stage, site)
    rows.sort(key=lambda row: row.created_at)
    backfill.insert(rows)
    for row in rows:
        said = {"communication_id": (None, row.pk), "channel": (None, row.channel)}
        actor = row.sender or row.client.owner
        entry = backfill.entry("client.communication", row.client, actor=actor, at=row.created_at, values=said)
        stage.history.append(entry)


def _log(stage: Stage, site: Site) -> list[CommunicationLog]:
    pick = stage.random
    client = site.project.client
    begins = site.begins
    days = max(20, (stage.today - begins).days)
    rows = []
    for _ in range(pick.randint(8, 15)):
        channel, direction, subject, message = pick.choice(TALKS)
        contact = pick.choice(stage.contacts[client.pk]) if direction != "internal" else None
        sender = site.lead if direction != "inbound" else None
        diary = stage.diaries[site.lead.pk]
        day = diary.next_working_day(begins + DAY * pick.randint(0, days))
        at = min(diary.at(day, pick.randint(9, 16), pick.randint(0, 59)), stage.now)
        rows.append(
            CommunicationLog(
                client=client,
                sender=sender,
                sender_name=sender.name if sender else contact.name if contact else "",
                contact=contact,
                channel=channel,
                direction=direction,
                subject=subject,
                message=message,
                created_at=at,
            )
        )
    return rows


def notifications(stage: Stage, pasts: list[PastTask]) -> list[Notification]:
    """What people were told in the last weeks, worded as the services word it; most of it has been read."""
    since = stage.now - TOLD_SINCE
    rows: list[Notification] = []
    for past in pasts:
        task = past.task
        owner = task.assigned_to_id
        if owner and owner != past.made_by.pk and task.created_at > since:
            rows.append(_told(stage, past, owner, "task.assigned", f"{task.key} is yours: {task.title}", past.made_by))
        for comment in past.comments:
            if comment.created_at > since and owner and owner != comment.author_id:
                title = f"{comment.author} commented on {task.key}: {task.title}"
                told = _told(stage, past, owner, "task.commented", title, comment.author, comment.created_at)
                told.body = comment.content[:300]
                rows.append(told)
    return sorted(rows, key=lambda row: row.created_at)


def _told(
    stage: Stage, past: PastTask, user_id: int, kind: str, title: str, actor: User, at: dt.datetime | None = None
) -> Notification:
    at = at or past.task.created_at
    read = stage.now - at > READ_AFTER and stage.random.random() < 0.9
    return Notification(
        user_id=user_id,
        kind=kind,
        title=title[:200],
        subject_type=past.task._meta.label_lower,
        subject_id=past.task.pk,
        actor=actor,
        created_at=at,
        read_at=at + dt.timedelta(hours=stage.random.uniform(0.2, 30)) if read else None,
    )


def read(stage: Stage) -> None:
    """What HR's services told people has been read by now, except for the last days'."""
    seen = stage.now - READ_AFTER
    of_hr = Notification.objects.filter(created_at__lt=seen, read_at=None).exclude(kind__startswith="task.")
    of_hr.update(read_at=F("created_at") + dt.timedelta(hours=3))
