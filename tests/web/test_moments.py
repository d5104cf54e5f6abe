"""Moments are aware whatever the project's settings, on both databases."""

import datetime as dt

import pytest
from django.test import override_settings
from django.utils import timezone

from polydesk.directory.models import Company
from polydesk.tickets import chain
from polydesk.tickets.models import Ticket
from polydesk.web.moments import Moment

pytestmark = pytest.mark.django_db


@pytest.mark.spec("ST-007", "ST-009", "RS-151")
@pytest.mark.parametrize("use_tz", [True, False])
def test_what_is_written_is_read_back_aware(world, use_tz):
    doubled = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    with override_settings(USE_TZ=use_tz, TIME_ZONE="Europe/Berlin"):
        ticket = world.ticket()
        for moment in doubled:
            Ticket.objects.filter(pk=ticket.pk).update(created_at=moment)
            assert Ticket.objects.get(pk=ticket.pk).created_at == moment
            assert Ticket.objects.get(created_at=moment).created_at.tzinfo
            assert not Ticket.objects.filter(created_at__gt=moment).exists()
        assert Ticket.objects.filter(created_at__lt=timezone.now()).exists()
        assert list(chain.broken()) == []
        company = Company.objects.create(organization=world.house, name="New")
        for row in (company, Company.objects.get(pk=company.pk)):
            assert abs(row.updated_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
            assert abs(row.created_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert abs(Company.objects.get(pk=company.pk).created_at - timezone.now()) < dt.timedelta(minutes=1)


def test_migrations_name_djangos_own_field():
    assert Moment(null=True).deconstruct()[1] == "django.db.models.DateTimeField"
