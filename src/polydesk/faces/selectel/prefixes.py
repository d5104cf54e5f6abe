"""Where the face stands (SE-026)."""

from django.conf import settings

IDENTITY = "/identity/v3/auth/tokens"


def classic() -> str:
    """The prefix of the first family."""
    return _clean(getattr(settings, "POLYDESK_SE_PREFIX", "/support"))


def current() -> str:
    """The prefix of the second family."""
    return _clean(getattr(settings, "POLYDESK_SE_PREFIX_V2", "/support/v2"))


def files() -> str:
    """The prefix of file storage."""
    return _clean(getattr(settings, "POLYDESK_SE_PREFIX_FILES", "/files/public/files"))


def _clean(prefix: str) -> str:
    return "/" + prefix.strip("/")
