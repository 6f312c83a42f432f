"""Clients, who speaks for them, what is done for them, and what was said."""

from clients.models.clients import Brand, Client, Contact, ContactHandle, Preference
from clients.models.communication import CommunicationLog
from clients.models.projects import KeySequence, Project, ProjectMember

__all__ = [
    "Brand",
    "Client",
    "CommunicationLog",
    "Contact",
    "ContactHandle",
    "KeySequence",
    "Preference",
    "Project",
    "ProjectMember",
]
