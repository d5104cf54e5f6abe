"""The addresses of section 1; each also with one trailing slash (SE-001 … SE-028)."""

import re
from collections.abc import Callable, Mapping

from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path

from . import door, prefixes
from .door import endpoint
from .views import acts, catalogue, classic, comments, files, identity, secrets, tickets

TICKET = "tickets/(?P<number>[^/]+)"
COMMENT = "comments/(?P<number>[^/]+)"

# Close, reopen, rate and comments answer alike in every family (SE-022).
SHARED = {
    f"{TICKET}/close": endpoint(post=acts.close),
    f"{TICKET}/reopen": endpoint(post=acts.reopen),
    f"{TICKET}/(?:rate|vote)": endpoint(post=acts.rate),
    f"{TICKET}/comments": endpoint(get=comments.listed, post=comments.add),
    COMMENT: endpoint(get=comments.get),
    f"{COMMENT}/(?:rate|vote)": endpoint(post=comments.rate),
}
CURRENT = {
    "tickets": endpoint(get=tickets.listed, post=tickets.create),
    "tickets/count": endpoint(get=tickets.count),
    TICKET: endpoint(get=tickets.get, patch=tickets.update, put=tickets.update),
    "categories": endpoint(get=catalogue.categories),
    "categories/(?P<category>[^/]+)/fields": endpoint(get=catalogue.category_fields),
    "products": endpoint(get=catalogue.products),
    "secrets": endpoint(post=secrets.create),
    **SHARED,
}
CLASSIC = {
    "tickets": endpoint(get=classic.listed, post=classic.create, deprecated=True),
    TICKET: endpoint(get=classic.get, patch=classic.update, put=classic.update, deprecated=True),
    "topics": endpoint(get=catalogue.topics, deprecated=True),
    **SHARED,
}
FILES = {
    "": endpoint(post=files.upload),
    "extensions": endpoint(get=files.extensions),
    "(?P<number>[^/]+)": endpoint(get=files.download),
}


def at(prefix: str, addresses: Mapping[str, Callable[..., HttpResponseBase]]) -> list[URLPattern]:
    """The addresses of one family below its prefix."""
    base = re.escape(prefix.strip("/"))
    return [re_path(f"^{'/'.join(filter(None, (base, address)))}/?$", view) for address, view in addresses.items()]


def everything_else(prefix: str) -> URLPattern:
    """What stands below a prefix and is no address (SE-031)."""
    return re_path(f"^{re.escape(prefix.strip('/'))}(?:/.*)?$", door.unknown)


urlpatterns = [
    *at(prefixes.current(), CURRENT),
    *at(f"{prefixes.classic()}/v1", CLASSIC),
    *at(prefixes.classic(), CLASSIC),
    *at(prefixes.files(), FILES),
    *(everything_else(prefix) for prefix in (prefixes.current(), prefixes.classic(), prefixes.files())),
    re_path(f"^{prefixes.IDENTITY.strip('/')}/?$", identity.tokens),
]
