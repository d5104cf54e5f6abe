"""A user model of the project's own, USE_TZ off, the package first and parts of the engine after it."""

import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "only for a test project, nothing is protected by it"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "simpletickets",
    "people",
    "polydesk.web",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "polydesk.jobs",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
AUTH_USER_MODEL = "people.Human"
ROOT_URLCONF = "urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.contrib.messages.context_processors.messages"]},
    },
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
if server := os.environ.get("HOST_DATABASE"):
    DATABASES["default"] = {"ENGINE": "django.db.backends.postgresql", **json.loads(server)}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
TIME_ZONE = "Europe/Berlin"
USE_TZ = False
STATIC_URL = "static/"
MEDIA_ROOT = BASE_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "people.storage.Shelf"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ST_NOTIFICATIONS = True
