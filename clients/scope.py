"""Which clients somebody works for, as far as this app knows. Tasks add the clients of own tasks."""

from typing import Any

from django.db.models import Q

from clients.models import Project, ProjectMember


def clients_looked_after(user: Any) -> Q:
    """The clients that somebody owns and those of the projects that they are a member of."""
    projects = ProjectMember.objects.filter(user_id=user.pk).values("project_id")
    return Q(owner_id=user.pk) | Q(pk__in=Project.objects.filter(pk__in=projects).values("client_id"))
