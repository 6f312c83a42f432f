"""Keys of tasks: readable, unique, in order."""

import pytest
from django.db import connection, transaction

from accounts.tests.factories import UserFactory
from clients.models import Client, KeySequence
from clients.services import keys
from clients.services.clients import create_client
from clients.tests.factories import KeySequenceFactory
from clients.tests.helpers import at_once
from hyperflow.core.errors import Conflict, NotFound


@pytest.mark.django_db
def test_keys_follow_each_other():
    sequence = KeySequenceFactory(prefix="ACME")

    assert [keys.next_key(sequence), keys.next_key(sequence.pk), keys.next_key(sequence)] == [
        "ACME-1",
        "ACME-2",
        "ACME-3",
    ]


@pytest.mark.django_db
def test_a_rolled_back_transaction_gives_its_number_back():
    sequence = KeySequenceFactory(prefix="ACME")
    with transaction.atomic():
        keys.next_key(sequence)
        transaction.set_rollback(True)

    assert keys.next_key(sequence) == "ACME-1"


@pytest.mark.django_db
def test_a_sequence_that_is_gone_gives_no_key():
    with pytest.raises(NotFound):
        keys.next_key(4711)


@pytest.mark.django_db
def test_a_taken_prefix_is_counted_on():
    assert [keys.new_sequence(prefix="ACME").prefix for _ in range(4)] == ["ACME", "ACME2", "ACME3", "ACME4"]


@pytest.mark.django_db
def test_a_free_prefix_is_found_in_few_look_ups(django_assert_max_num_queries):
    KeySequence.objects.bulk_create(KeySequence(prefix=f"ACME{n}" if n > 1 else "ACME") for n in range(1, 701))

    with django_assert_max_num_queries(25):
        assert keys.new_sequence(prefix="ACME").prefix == "ACME701"


@pytest.mark.django_db
def test_a_named_sequence_is_refused_when_it_is_taken():
    keys.named_sequence(prefix="ACME")

    with pytest.raises(Conflict) as refusal:
        keys.named_sequence(prefix="ACME")

    assert refusal.value.code == "key_taken"
    assert KeySequence.objects.count() == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_at_once_get_twenty_keys():
    assert connection.vendor == "mysql"
    sequence = KeySequenceFactory(prefix="ACME")

    def five(_number):
        with transaction.atomic():
            return [keys.next_key(sequence) for _ in range(5)]

    found = at_once(20, five)

    assert sorted(key for batch in found for key in batch) == sorted(f"ACME-{n}" for n in range(1, 101))


@pytest.mark.services
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_clients_of_one_name_at_once_get_twenty_prefixes():
    assert connection.vendor == "mysql"
    actor = UserFactory(as_="manager")

    found = at_once(20, lambda _n: create_client(actor=actor, name="Acme GmbH")[0].key_sequence.prefix)

    assert set(found) == {"ACME", *(f"ACME{n}" for n in range(2, 21))}
    assert Client.objects.count() == 20
