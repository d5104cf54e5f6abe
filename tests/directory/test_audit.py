"""The audit log: what is remembered, and that no row can be changed, taken away, put in or swapped unseen."""

import threading

import pytest
from django.db import connection
from django.test import Client

from polydesk.directory import actors, audit
from polydesk.directory.models import SecurityEvent


def verbs():
    return list(SecurityEvent.objects.order_by("id").values_list("verb", flat=True))


@pytest.mark.django_db
@pytest.mark.spec("RS-171")
def test_keys_memberships_and_sign_ins_are_remembered_without_a_secret(world):
    credential, secret = actors.issue(world.anna, "native", created_by=world.mona.pk)
    assert actors.revoke(credential, by=world.mona.pk) and not actors.revoke(credential)
    client = Client()
    assert not client.login(username="anna", password="a-wrong-secret")
    assert client.login(username="anna", password="secret-word-of-anna")
    assert verbs()[-4:] == ["key.issued", "key.revoked", "signin.failed", "signin.succeeded"]
    assert "membership.granted" in verbs()
    told = str(list(SecurityEvent.objects.values()))
    assert secret not in told and "a-wrong-secret" not in told and "secret-word-of-anna" not in told


@pytest.mark.django_db
@pytest.mark.spec("RS-172", "PL-022")
def test_every_tampering_is_found(world):
    for number in range(5):
        audit.record("test.event", subject=str(number))
    assert not list(audit.broken())
    rows = list(SecurityEvent.objects.order_by("-id")[:3])

    def tampered(act):
        from django.db import transaction

        with transaction.atomic():
            act()
            found = list(audit.broken())
            transaction.set_rollback(True)
        return bool(found)

    assert tampered(lambda: SecurityEvent.objects.filter(pk=rows[1].pk).update(subject="other"))
    assert tampered(lambda: SecurityEvent.objects.filter(pk=rows[1].pk).delete())
    assert tampered(lambda: SecurityEvent.objects.create(verb="forged", digest="0" * 64, previous=rows[0].digest))
    assert tampered(
        lambda: [
            SecurityEvent.objects.filter(pk=rows[1].pk).update(subject=rows[2].subject),
            SecurityEvent.objects.filter(pk=rows[2].pk).update(subject=rows[1].subject),
        ]
    )
    assert not list(audit.broken())


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("RS-172")
def test_parallel_writers_keep_one_chain():
    def write():
        try:
            for _ in range(5):
                audit.record("test.event")
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SecurityEvent.objects.count() == 30 and not list(audit.broken())
