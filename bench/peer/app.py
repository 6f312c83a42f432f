"""The peer's three calls: the caller's tasks, one task, a new task; and a sign-in."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import bcrypt
import jwt
from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, Field
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, joinedload, sessionmaker

from bench.peer.models import (
    Attachment,
    AuditEntry,
    Client,
    Comment,
    KeySequence,
    OutboxEvent,
    Record,
    Task,
    TimeEntry,
    User,
    Watcher,
)

POOL = int(os.environ.get("PEER_POOL", "110"))  # fewer deadlock at 200 connections: see performance goal 6
engine = create_engine(os.environ["PEER_DATABASE"], pool_size=POOL, max_overflow=0, isolation_level="READ COMMITTED")
SessionLocal = sessionmaker(engine, expire_on_commit=False)
SECRET = os.environ["PEER_SECRET"]
PRIORITIES = {1: "low", 2: "medium", 3: "high", 4: "urgent"}
PRIORITY_NUMBERS = {name: number for number, name in PRIORITIES.items()}

app = FastAPI()
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


Db = Annotated[Session, Depends(get_db)]


def get_current_user(token: Annotated[str, Depends(oauth2)], db: Db) -> User:
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    user = db.get(User, int(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


class TaskOut(BaseModel):
    task_id: int
    key: str
    title: str
    description: str
    client_id: int
    client_name: str
    project_id: int | None
    project_name: str | None
    assigned_to: int | None
    assignee_name: str | None
    created_by: int
    status: str
    priority: str
    progress: int
    estimated_time: float | None
    actual_time: float | None
    due_date: dt.date | None
    start_time: dt.datetime | None
    end_time: dt.datetime | None
    tags: list[str]
    parent_id: int | None
    watchers: list[int]
    position: int
    created_at: dt.datetime
    updated_at: dt.datetime


class TaskDetail(TaskOut):
    """What the contract shows of one task beside what a list shows."""

    comments_count: int
    attachments: list[int]
    time_entries_total: float
    insights: list[int] = []


class MonthOut(BaseModel):
    key: str
    expenses: Decimal
    rows: int


class TaskIn(BaseModel):
    client_id: int
    title: str = Field(min_length=1, max_length=300)
    description: str = ""
    assigned_to: int | None = None
    priority: str = Field(default="medium", pattern="^(low|medium|high|urgent)$")
    due_date: dt.date | None = None
    estimated_time: float | None = Field(default=None, ge=0)


def out(task: Task) -> TaskOut:
    return TaskOut(
        task_id=task.id,
        key=task.key,
        title=task.title,
        description=task.description,
        client_id=task.client_id,
        client_name=task.client.name,
        project_id=task.project_id,
        project_name=task.project.name if task.project else None,
        assigned_to=task.assigned_to_id,
        assignee_name=task.assignee.name if task.assignee else None,
        created_by=task.created_by_id,
        status=task.status,
        priority=PRIORITIES[task.priority],
        progress=task.progress,
        estimated_time=task.estimated_time,
        actual_time=task.actual_time,
        due_date=task.due_date,
        start_time=task.start_time,
        end_time=task.end_time,
        tags=task.tags,
        parent_id=task.parent_id,
        watchers=task.watcher_ids,
        position=task.position,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def detail(task: Task, db: Session) -> TaskDetail:
    comments = db.scalar(select(func.count()).select_from(Comment).where(Comment.task_id == task.id))
    files = db.scalars(select(Attachment).where(Attachment.task_id == task.id)).all()
    seconds = db.scalar(select(func.coalesce(func.sum(TimeEntry.seconds), 0)).where(TimeEntry.task_id == task.id))
    return TaskDetail(
        **out(task).model_dump(),
        comments_count=comments or 0,
        attachments=[file.id for file in files],
        time_entries_total=round(float(seconds or 0) / 3600, 2),
    )


NAMES = (joinedload(Task.client), joinedload(Task.project), joinedload(Task.assignee).lazyload(User.role))


@app.post("/token")
def sign_in(username: Annotated[str, Form()], password: Annotated[str, Form()], db: Db) -> dict[str, str]:
    user = db.scalar(select(User).where(User.email == username))
    stored = user.password.removeprefix("bcrypt_sha256$") if user else ""
    digest = hashlib.sha256(password.encode()).hexdigest().encode()
    if user is None or not bcrypt.checkpw(digest, stored.encode()):
        raise HTTPException(401)
    claims = {"sub": str(user.id), "exp": dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30)}
    return {"access_token": jwt.encode(claims, SECRET, algorithm="HS256"), "token_type": "bearer"}


@app.get("/tasks", response_model=list[TaskOut])
def list_tasks(user: CurrentUser, db: Db, limit: int = 50) -> list[TaskOut]:
    rows = db.scalars(
        select(Task)
        .where(Task.assigned_to_id == user.id)
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(limit)
        .options(*NAMES)
    )
    return [out(task) for task in rows]


@app.get("/tasks/{task_id}", response_model=TaskDetail)
def get_task(task_id: int, user: CurrentUser, db: Db) -> TaskDetail:
    task = db.scalar(select(Task).where(Task.id == task_id, Task.assigned_to_id == user.id).options(*NAMES))
    if task is None:
        raise HTTPException(404)
    return detail(task, db)


@app.post("/tasks", response_model=TaskDetail, status_code=201)
def create_task(body: TaskIn, user: CurrentUser, db: Db) -> TaskDetail:
    """The rows that the product writes: the task, who watches it, the audit entry and the event."""
    client = db.get(Client, body.client_id)
    if client is None:
        raise HTTPException(422)
    if body.assigned_to is not None and db.get(User, body.assigned_to) is None:
        raise HTTPException(422)
    sequence = db.scalar(select(KeySequence).where(KeySequence.id == client.key_sequence_id).with_for_update())
    assert sequence is not None
    sequence.last += 1
    task = Task(
        key=f"{sequence.prefix}-{sequence.last}",
        title=body.title,
        description=body.description,
        client_id=client.id,
        assigned_to_id=body.assigned_to,
        created_by_id=user.id,
        priority=PRIORITY_NUMBERS[body.priority],
        due_date=body.due_date,
        estimated_time=body.estimated_time,
        watcher_ids=[user.id],
    )
    db.add(task)
    db.flush()
    db.add(Watcher(task_id=task.id, user_id=user.id))
    db.add(
        OutboxEvent(
            kind="task.created",
            subject_type="tasks.task",
            subject_id=task.id,
            payload={"client_id": client.id, "project_id": None, "assigned_to": body.assigned_to},
        )
    )
    db.add(
        AuditEntry(
            actor_id=user.id,
            action="task.create",
            target_type="tasks.task",
            target_id=task.id,
            changes={"title": body.title},
        )
    )
    db.commit()
    db.refresh(task, ["client", "project", "assignee"])
    return detail(task, db)


@app.get("/reports/expenses", response_model=list[MonthOut])
def expenses_by_month(user: CurrentUser, db: Db, start_date: dt.date, end_date: dt.date) -> list[MonthOut]:
    month = func.date_format(Record.record_date, "%Y-%m")
    rows = db.execute(
        select(month, func.sum(Record.amount), func.count())
        .where(Record.record_type == "expense", Record.record_date.between(start_date, end_date))
        .group_by(month)
        .order_by(month)
    )
    return [MonthOut(key=key, expenses=amount, rows=count) for key, amount, count in rows]
