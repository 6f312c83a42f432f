"""Work: what is to be done, what was said about it, the files with it, and the time it took."""

from tasks.models.conversation import Attachment, Comment
from tasks.models.tasks import Task, TaskTag, TaskWatcher
from tasks.models.time import LockedPeriod, TimeEntry

__all__ = ["Attachment", "Comment", "LockedPeriod", "Task", "TaskTag", "TaskWatcher", "TimeEntry"]
