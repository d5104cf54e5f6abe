"""The demo writes only into a database with nothing, or nothing but a demo, in it (PL-011)."""

from django.contrib.auth import get_user_model
from django.db import connection

from polydesk.directory.models import Organization
from polydesk.server.config import ConfigError
from polydesk.server.demo.folder import REFUSAL


def check_database() -> None:
    """Tables without rows of anybody are ours to fill; a foreign table or a real organization is not."""
    tables = set(connection.introspection.table_names())
    if not tables:
        return
    if Organization._meta.db_table not in tables or Organization.objects.filter(is_demo=False).exists():
        raise ConfigError(f"the database {REFUSAL}")
    if not Organization.objects.exists() and get_user_model().objects.exists():
        raise ConfigError(f"the database {REFUSAL}")
