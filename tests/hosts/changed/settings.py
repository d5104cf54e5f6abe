"""Every setting of the package changed, another language and zone, the engine's apps listed as well."""

import json
import os
from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "only for a test project, nothing is protected by it"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "polydesk.tickets",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "simpletickets.apps.SimpleticketsConfig",
    "polydesk.directory.apps.DirectoryConfig",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
if server := os.environ.get("HOST_DATABASE"):
    DATABASES["default"] = {"ENGINE": "django.db.backends.postgresql", **json.loads(server)}
LANGUAGE_CODE = "es"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
LOGIN_URL = "/who-are-you/"
STATIC_URL = "static/"
MEDIA_ROOT = BASE_DIR / "media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ST_DELTA_CLOSE = timedelta(minutes=30)
ST_FL_MNTR_STAFF = False
ST_FL_MNTR_OWNER = True
ST_STAFF_GNAME = "helpers"
ST_ADMIN_GNAME = "chiefs"
ST_ATTACHMENTS = "enclosed"
ST_TCKT_TYPE = [(2, "Broken"), (3, _("Question")), (9, "Anything")]
ST_TCKT_SEVERITY = [(1, "calm"), (2, "usual"), (7, "burning")]
ST_TCKT_STATE = [(1, "fresh"), (2, "taken"), (4, "at the lab"), (5, "in work"), (8, "mended"), (9, "shut")]
BASE_TEMPLATE = "changed/page.html"
ST_MAIN_TASKBAR = False
ST_SETT_TIMES_STAFF = False
ST_SETT_NUMBERS_STAFF = False
ST_SETT_TIMES_OWNER = False
ST_SETT_NUMBERS_OWNER = False
ST_REST_API = True
API_BASE_URL = "machine/v0"
ST_NOTIFICATIONS = True
ST_SITE_URL = "https://tickets.example/"
DEFAULT_FROM_EMAIL = "Tickets <desk@tickets.example>"
