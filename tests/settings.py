"""Polydesk's own settings, with what only tests want: a throw-away database, plain files, a fast password hasher."""

import os
import tempfile

os.environ.setdefault(
    "POLYDESK_DATA_DIR", os.environ.get("POLYDESK_TEST_FOLDER") or tempfile.mkdtemp(prefix="polydesk-test-")
)
os.environ.setdefault("POLYDESK_SECRET_KEY", "for tests only: this key protects nothing at all")
os.environ.setdefault("POLYDESK_LOG_LEVEL", "warning")

from polydesk.server.settings import *  # noqa: F403
from polydesk.server.settings import DATA_DIR, DATABASES, STATIC_ROOT

TESTING = True
WATCHDOG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The live server serves from the finders and knows no hashed name.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Whitenoise warns at every client when it is missing.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Shared memory, Django's default for tests, has neither WAL nor real locks.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # Tests of concurrency open more connections at once than one process of the server may hold.
    DATABASES["default"]["OPTIONS"].pop("pool")
