"""`polydesk init`, `user` and `credentials`: from nothing to somebody who may come in, and out again."""

import re

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from polydesk.directory import actors, founding
from polydesk.directory.models import Credential, Membership, Organization, Person, Team
from polydesk.server.cli import perform
from polydesk.server.config import ConfigError
from polydesk.tickets import commands
from polydesk.tickets.models import Category, Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def polydesk(capsys):
    def run(*arguments):
        capsys.readouterr()
        assert perform(arguments[0], list(arguments[1:])) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def desk(polydesk):
    polydesk(
        "init", "--organization", "Example Ltd", "--admin", "ada", "--name", "Ada Root", "--email", "ada@desk.example"
    )
    return Organization.objects.get()


@pytest.mark.spec("PL-005")
def test_init_leaves_a_desk_that_can_be_used(desk):
    ada = Person.objects.get(login="ada")
    actor = actors.of(ada)
    assert (desk.name, desk.key, actor.is_admin, actor.side) == ("Example Ltd", "example-ltd", True, "staff")
    assert Queue.objects.filter(organization=desk).count() >= 1
    assert Category.objects.filter(organization=desk, parent=None).count() >= 3
    assert list(Team.objects.get(organization=desk).members.all()) == [ada]
    ticket = commands.create("incident", {"title": "First"}, by=actor, via="cli")
    assert (ticket.status, ticket.priority) == ("new", "normal")


@pytest.mark.spec("PL-005")
def test_init_a_second_time_changes_nothing_and_says_so(polydesk, desk):
    before = Person.objects.count(), Category.objects.count(), Membership.objects.count()
    assert "nothing to do" in polydesk("init", "--organization", "Other", "--admin", "eve")
    assert (Person.objects.count(), Category.objects.count(), Membership.objects.count()) == before


@pytest.mark.spec("PL-005")
def test_init_makes_a_password_that_works(polydesk):
    shown = polydesk("init", "--organization", "Example", "--admin", "ada")
    password = re.search(r"with the password (\S+)", shown)[1]
    assert authenticate(username="ada", password=password)


@pytest.mark.spec("RS-125")
@pytest.mark.parametrize("password", ["short", "password123", "charlie-charlie", "1234567890123"])
def test_a_weak_password_is_refused(desk, password):
    with pytest.raises(ConfigError, match="will not do"):
        perform("user", ["add", "charlie-charlie", "--password", password])


def test_a_person_is_added_listed_changed_and_shut_out(polydesk, desk):
    polydesk("user", "add", "bob", "--role", "agent", "--password", "plain-spoken-otter", "--email", "bob@desk.example")
    assert authenticate(username="bob", password="plain-spoken-otter")
    assert "bob" in polydesk("user", "list") and "ada" in polydesk("user", "list")

    polydesk("user", "role", "bob", "manager")
    bob = Person.objects.get(login="bob")
    assert "delete:*" in actors.of(bob).rights

    polydesk("user", "password", "bob", "--password", "another-plain-otter")
    assert authenticate(username="bob", password="another-plain-otter")

    polydesk("user", "disable", "bob")
    bob.refresh_from_db()
    assert actors.of(bob) is None
    assert authenticate(username="bob", password="another-plain-otter") is None
    assert "disabled" in polydesk("user", "list")

    polydesk("user", "enable", "bob")
    assert authenticate(username="bob", password="another-plain-otter")


def test_a_contact_without_a_login_to_the_pages_has_no_password_to_change(desk):
    founding.add_person(desk, "Carl", login="carl", role="customer")
    for verb in ("password", "disable", "enable"):
        with pytest.raises(ConfigError, match="no login to the pages"):
            perform("user", [verb, "carl"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "ada"], "taken"),
        (["add", "bob", "--role", "king"], "no role king"),
        (["add", "bob", "--organization", "nowhere"], "no organization nowhere"),
        (["disable", "nobody"], "nobody has the login"),
    ],
)
def test_a_slip_is_one_line(desk, arguments, complaint):
    with pytest.raises(ConfigError, match=complaint):
        perform("user", arguments)


@pytest.mark.spec("PL-014", "RS-130")
def test_a_key_works_in_its_face_until_it_is_revoked_and_only_its_digest_is_kept(polydesk, desk):
    shown = polydesk("credentials", "create", "--face", "native", "--user", "ada")
    secret = re.search(r"token: (\S+)", shown)[1]
    assert secret.startswith("pd_") and len(secret) >= 40

    assert actors.by_secret("native", secret).login == "ada"
    assert actors.by_secret("crm", secret) is None
    kept = Credential.objects.get()
    assert secret not in str(kept.__dict__.values())

    listed = polydesk("credentials", "list", "--user", "ada")
    assert str(kept.pk) in listed and secret not in listed

    polydesk("credentials", "revoke", str(kept.pk))
    assert actors.by_secret("native", secret) is None
    assert "revoked" in polydesk("credentials", "list")
    with pytest.raises(ConfigError, match="no valid key"):
        perform("credentials", ["revoke", str(kept.pk)])


@pytest.mark.spec("PL-014")
def test_a_key_can_be_for_reading_and_for_some_days_only(polydesk, desk, time_machine):
    shown = polydesk("credentials", "create", "--face", "crm", "--user", "ada", "--read-only", "--expires", "3")
    secret = re.search(r"token: (\S+)", shown)[1]
    assert actors.by_secret("crm", secret).read_only
    time_machine.move_to(timezone.now() + timezone.timedelta(days=3, minutes=1))
    assert actors.by_secret("crm", secret) is None


@pytest.mark.spec("PL-014")
def test_autotask_s_three_words_open_its_door(polydesk, desk, rf):
    from polydesk.faces.autotask.auth import actor_of

    shown = polydesk("credentials", "create", "--face", "autotask", "--user", "ada")
    words = dict(re.findall(r"(UserName|Secret|ApiIntegrationCode): (\S+)", shown))
    assert len(words) == 3
    assert actor_of(rf.get("/", headers=words)).login == "ada"
