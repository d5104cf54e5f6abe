"""Django's settings, made from Polydesk's own (`config.py`): nothing here is read from the environment directly."""

from pathlib import Path

from polydesk.server import config, keys, logs
from polydesk.server.databases import database

SOURCE = Path(__file__).parents[2]
CONFIG = config.load()
# Every setting is known to the parts below as POLYDESK_<NAME>.
globals().update({config.PREFIX + name: value for name, value in CONFIG.items()})

DATA_DIR = CONFIG["DATA_DIR"]
DEBUG = CONFIG["DEBUG"]
TESTING = CONFIG["TESTING"]
SECRET_KEY = CONFIG["SECRET_KEY"] or keys.key("secret-key", DATA_DIR)
POLYDESK_AUDIT_KEY = CONFIG["AUDIT_KEY"] or keys.key("audit-key", DATA_DIR)
BASE_URL = POLYDESK_BASE_URL = config.base_url(CONFIG)
ALLOWED_HOSTS = config.allowed_hosts(CONFIG)

# One line each: whatever stands here can be deleted together with its folder.
FEATURES: list[str] = [
    "polydesk.features.checklists",
    "polydesk.features.charges",
    "polydesk.features.approvals",
    "polydesk.features.search",
    "polydesk.features.vault",
    "polydesk.features.importing",
    "polydesk.features.knowledge",
    "polydesk.features.branding",
    "polydesk.features.macros",
    "polydesk.features.notices",
    "polydesk.features.replies",
    "polydesk.features.scanning",
    "polydesk.features.sla",
    "polydesk.features.webhooks",
    "polydesk.features.live",
    "polydesk.features.notifications",
    "polydesk.features.mailboxes",
    "polydesk.features.automation",
]
CHANNELS: list[str] = ["polydesk.channels.email"]
FACES: list[str] = [
    "polydesk.faces.native",
    "polydesk.faces.autotask",
    "polydesk.faces.crm",
    "polydesk.faces.centurion",
    "polydesk.faces.selectel",
    "polydesk.faces.desk",
    "polydesk.faces.portal",
    "simpletickets",
    "polydesk.faces.simpletickets",
]  # fmt: skip

OURS = [
    "polydesk.directory",
    "polydesk.tickets",
    "polydesk.jobs",
    "polydesk.web",
    *FEATURES,
    *CHANNELS,
    *FACES,
    "polydesk.server",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    *OURS,
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "polydesk.server.oidc",
    "allauth.usersessions",
    "django_htmx",
]
MIDDLEWARE = [
    "polydesk.server.middleware.RequestLog",
    "polydesk.server.middleware.SecurityHeaders",
    "polydesk.web.middleware.ErrorShapes",
    "polydesk.web.turns.Turns",
    "polydesk.web.pressure.Pressure",
    "django.middleware.security.SecurityMiddleware",
    "polydesk.server.middleware.Programs",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "polydesk.server.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "polydesk.server.second_factor.SecondFactor",
    "allauth.account.middleware.AccountMiddleware",
    "polydesk.server.accounts.SignInRefusals",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "polydesk.server.urls"
WSGI_APPLICATION = "polydesk.server.wsgi.application"
# The faces' addresses end as their vendors' do; a redirect to another spelling would lose a POST.
APPEND_SLASH = False

DATABASES = {"default": database(CONFIG)}
# Looks after requests that wait on the database (polydesk.web.deadlines); tests may take their time.
WATCHDOG = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# In the database, so that sign-in limits hold over all processes (RS-126).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "polydesk_cache"}}

TEMPLATE_FOLDERS = [str(folder) for app in OURS if (folder := SOURCE.joinpath(*app.split("."), "templates")).is_dir()]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": TEMPLATE_FOLDERS,
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "polydesk.web.pages.environment",
            "context_processors": ["polydesk.web.pages.one_form_token"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": TEMPLATE_FOLDERS,
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# The page around simpletickets' templates.
BASE_TEMPLATE = "simpletickets_desk/base.html"

USE_TZ = True
TIME_ZONE = CONFIG["TIME_ZONE"]
LANGUAGE_CODE = CONFIG["LANGUAGE"]
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ru", "Русский")]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600

HTTPS = BASE_URL.startswith("https://")
SESSION_ENGINE = "polydesk.server.sessions"
SESSION_COOKIE_AGE = CONFIG["SESSION_DAYS"] * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The prefix makes browsers insist on HTTPS, one host and the whole path (RS-129).
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if CONFIG["TRUSTED_PROXIES"]:
    # RequestLog removes the header unless the request comes from a trusted proxy (RS-133).
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_ADAPTER = "polydesk.server.accounts.Accounts"
# Ours count parallel tries too (accounts.SIGN_IN).
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": ""}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_ADAPTER = "polydesk.server.oidc.joining.Joining"
# Once joined by a confirmed address, a person is known by the provider's own id.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = config.sign_in_providers(CONFIG)

globals().update(config.mail(CONFIG))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG["MAIL_FROM"]

LOGGING_CONFIG = None
logs.configure(CONFIG["LOG_LEVEL"], CONFIG["LOG_FORMAT"])
