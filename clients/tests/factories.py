"""Clients and projects for tests."""

import factory

from accounts.models import User
from clients import identity
from clients.models import Brand, Client, CommunicationLog, Contact, KeySequence, Preference, Project, ProjectMember


class KeySequenceFactory(factory.django.DjangoModelFactory[KeySequence]):
    class Meta:
        model = KeySequence

    prefix = factory.Sequence(lambda n: f"K{n}")


class ClientFactory(factory.django.DjangoModelFactory[Client]):
    class Meta:
        model = Client
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Client {n}")
    name_key = factory.LazyAttribute(lambda made: identity.name_key(made.name))
    name_tail = factory.LazyAttribute(lambda made: made.name_key[::-1])
    domain = factory.LazyAttribute(
        lambda made: next(iter(identity.domains(website=made.website, email=made.email)), "")
    )
    tax_key = factory.LazyAttribute(lambda made: identity.tax_key(made.tax_id))
    email = ""
    website = ""
    tax_id = ""
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


class BrandFactory(factory.django.DjangoModelFactory[Brand]):
    class Meta:
        model = Brand

    client = factory.SubFactory(ClientFactory)
    name = factory.Sequence(lambda n: f"Brand {n}")


class PreferenceFactory(factory.django.DjangoModelFactory[Preference]):
    class Meta:
        model = Preference

    client = factory.SubFactory(ClientFactory)
    kind = Preference.Kind.DO
    text = factory.Sequence(lambda n: f"Wish {n}")


class CommunicationFactory(factory.django.DjangoModelFactory[CommunicationLog]):
    class Meta:
        model = CommunicationLog

    client = factory.SubFactory(ClientFactory)
    sender_name = "Somebody"
    channel = CommunicationLog.Channel.PHONE
    direction = CommunicationLog.Direction.INBOUND
    message = "Said something."


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
