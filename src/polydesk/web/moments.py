"""A DateTimeField whose values are always aware, also in a host project with USE_TZ off (ST-009, RS-151).

With USE_TZ on it is Django's own. With it off Django would store naive local times, refuse aware ones on SQLite and
give back times that an hour in autumn makes ambiguous; this field stores the same bytes as with USE_TZ on. Migrations
name Django's field, so that they are one for both."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone


def now() -> dt.datetime:
    """This moment in UTC, whatever the project's settings."""
    return dt.datetime.now(dt.UTC)


def aware(value: Any) -> Any:
    """A naive moment is one of the project's time zone."""
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=timezone.get_default_timezone())
    return value


class _Moment(models.DateTimeField):  # type: ignore[type-arg]
    """A moment, aware in Python."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs

    def get_default(self) -> Any:
        return aware(super().get_default())

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = aware(super().pre_save(model_instance, add))
        if self.auto_now or (self.auto_now_add and add):
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        return aware(super().get_prep_value(value)) if not settings.USE_TZ else super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not settings.USE_TZ:
            value = aware(value if prepared else self.get_prep_value(value))
            prepared = True
            if isinstance(value, dt.datetime) and connection.vendor != "postgresql":
                value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return super().get_db_prep_value(value, connection, prepared)

    def get_db_converters(self, connection: Any) -> list[Any]:
        return [] if settings.USE_TZ else [_read]


def _read(value: Any, expression: Any, connection: Any) -> Any:
    if value is None or value.tzinfo is not None:
        return value
    if connection.vendor == "postgresql":  # given in the connection's zone, the doubled hour marked by `fold`
        return aware(value).astimezone(dt.UTC)
    return value.replace(tzinfo=dt.UTC)


if TYPE_CHECKING:
    Moment = models.DateTimeField  # what its values are depends on `null`, which the stubs know
else:
    Moment = _Moment
