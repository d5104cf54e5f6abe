"""Django's sessions of the database, read by one kept statement: every page begins with it."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from polydesk.web.statements import fetch_one

_READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Keys, storing and ending are Django's own."""

    def load(self) -> dict[str, Any]:
        # A cookie may hold anything; no key that Django makes has a character that a statement cannot carry.
        key = self.session_key or ""
        row = fetch_one(_READ, (key, timezone.now())) if key.isascii() and key.isalnum() else None
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])  # type: ignore[no-any-return]
