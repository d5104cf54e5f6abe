"""The audit log: what is remembered, and that no row can be changed, taken away, put in or swapped unseen."""

import threading

import pytest
from django.db import connection
from django.test import Client

from polydesk.directory import actors, audit
from polydesk.directory.models import Role, SecurityEvent


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
@pytest.mark.spec("RS-171")
def test_whoever_changes_who_may_do_what_is_remembered(world):
    mona, bob = Client(), world.bob.pk
    mona.force_login(world.mona.user)
    key = {"Authorization": f"Bearer {actors.issue(world.mona, 'native')[1]}"}
    standing, members = f"/api/v1/users/{bob}/standing", f"/api/v1/teams/{world.support.pk}/members"
    role = Role.objects.get(organization=world.house, key="editor")
    typed = {"name": "Bob", "login": "bob", "email": world.bob.email, "is_active": "on", "role": role.pk}
    before = SecurityEvent.objects.latest("id").pk

    def send(method, path, body=None):
        answer = getattr(Client(), method)(path, body, content_type="application/json", headers=key)
        assert answer.status_code < 300, answer.content

    send("put", standing, {"role_key": "manager"})
    send("post", members, {"id": bob})
    send("post", members, {"id": bob})
    send("delete", f"{members}/{bob}")
    for _ in range(2):  # saved twice, changed once
        assert mona.post(f"/admin/people/{bob}", typed).status_code == 302
    team = {"name": "Support", "is_active": "on", "members": [world.anna.pk, bob]}
    assert mona.post(f"/admin/teams/{world.support.pk}", team).status_code == 302
    assert mona.post(f"/admin/roles/{role.pk}", {"name": "Editor", "rights": ["view:*"]}).status_code == 302
    told = list(SecurityEvent.objects.filter(pk__gt=before).order_by("id"))
    assert {event.actor_id for event in told} == {world.mona.pk}
    assert [(event.verb, event.details.get("role")) for event in told] == [
        ("membership.granted", "manager"),
        ("team.joined", None),
        ("team.left", None),
        ("membership.granted", "editor"),
        ("team.joined", None),
        ("role.rights_changed", None),
    ]
    assert "view:*" not in told[-1].details["taken"] and told[-1].details["taken"]


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
