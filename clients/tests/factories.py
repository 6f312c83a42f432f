"""Clients and projects for tests."""

import factory

from accounts.models import User
from clients.models import Client, Contact, KeySequence, Project, ProjectMember


class KeySequenceFactory(factory.django.DjangoModelFactory[KeySequence]):
    class Meta:
        model = KeySequence

    prefix = factory.Sequence(lambda n: f"K{n}")


class ClientFactory(factory.django.DjangoModelFactory[Client]):
    class Meta:
        model = Client
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Client {n}")
    name_key = factory.LazyAttribute(lambda made: made.name.casefold())
    key_sequence = factory.SubFactory(KeySequenceFactory)
    currency = "EUR"

    @factory.post_generation
    def portal_users(self, create: bool, users: list[User] | None) -> None:
        if users:
            self.portal_users.set(users)


class ContactFactory(factory.django.DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    client = factory.SubFactory(ClientFactory)
    name = factory.Sequence(lambda n: f"Contact {n}")


class ProjectFactory(factory.django.DjangoModelFactory[Project]):
    class Meta:
        model = Project
        skip_postgeneration_save = True

    client = factory.SubFactory(ClientFactory)
    name = factory.Sequence(lambda n: f"Project {n}")
    key_sequence = factory.SubFactory(KeySequenceFactory)
    currency = factory.SelfAttribute("client.currency")

    @factory.post_generation
    def members(self, create: bool, users: list[User] | None) -> None:
        for user in users or []:
            ProjectMember.objects.create(project=self, user=user)
