"""The one way to fetch an address that a user gave (RS-055 … RS-058).

The host is resolved once, every address must be public, and the connection goes to exactly the checked address with
the name kept for TLS and Host; so a name that answers otherwise at a second query gains nothing. Redirects are not
followed. Errors come in two kinds: `AddressNotAllowed`, and `Unreachable` with one text for refused, silent and
not-HTTP alike, so that nobody can look for open ports.

Settings: `POLYDESK_OUTBOUND_NETWORKS` (networks that may be reached though private, by http and on any port),
`POLYDESK_OUTBOUND_HTTP` (plain http everywhere), `POLYDESK_OUTBOUND_PORTS` (further ports).
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import connections

from polydesk.web.sentences import say

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = frozenset({443, 80, 8443})
PRIVATE = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""What the switches that let callers reach private networks mean by them."""
TIMEOUT = 15.0
CONNECT_TIMEOUT = 5.0
MAX_ANSWER = 64 * 1024


class AddressNotAllowed(ValueError):
    """The address itself is refused; the sentence may be shown to the user."""


class Unreachable(Exception):
    """Nothing useful came back. One text for all causes."""

    def __init__(self) -> None:
        super().__init__("The address did not answer as expected.")


@dataclass(frozen=True)
class Answer:
    """`body` holds at most the limit; show it to nobody but administrators (RS-057)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = TIMEOUT,
    connect_timeout: float = CONNECT_TIMEOUT,
    limit: int = MAX_ANSWER,
    networks: tuple[str, ...] = (),
) -> Answer:
    """One request to a checked address; raises AddressNotAllowed or Unreachable. `networks` may be reached besides
    those of the setting, for callers with a setting of their own."""
    _refuse_inside_transaction()
    parts = _split(url)
    address = _checked_address(parts, networks)
    ends = time.monotonic() + timeout
    try:
        raw = socket.create_connection((str(address), _port(parts)), timeout=min(connect_timeout, timeout))
    except OSError as error:
        raise Unreachable from error
    late = threading.Event()
    watchdog = threading.Timer(max(0.0, ends - time.monotonic()), _cut, [raw, late])
    watchdog.daemon = True
    watchdog.start()
    try:
        raw.settimeout(timeout)
        answer = _exchange(parts, raw, method, dict(headers or {}), body, limit)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable from error
    finally:
        watchdog.cancel()
        raw.close()
    if late.is_set():  # to the HTTP reader the cut looked like an ordinary end
        raise Unreachable
    return answer


def _refuse_inside_transaction() -> None:
    """No waiting for the network while rows are locked (RS-003): that is a bug of the caller, and loud."""
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise RuntimeError("an outgoing request inside a database transaction")


def check(url: str, *, networks: tuple[str, ...] = (), is_asked: bool = True) -> None:
    """For forms: raises AddressNotAllowed when `fetch` would refuse the address. A name that nobody knows passes.

    `is_asked`: no, when browsers alone go there."""
    parts = _split(url)
    if not is_asked:
        return
    try:
        _checked_address(parts, networks)
    except Unreachable:
        return


def address_of(host: str, port: int, *, networks: tuple[str, ...] = ()) -> Address:
    """For whoever speaks something else than HTTP: the one checked address to connect to, or an exception as of
    `fetch`."""
    _refuse_inside_transaction()
    return _checked(host, port, networks)[0]


def is_public(address: Address) -> bool:
    """Reachable by everybody in the world, and nothing but itself: no tunnel to another address."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _GLOBAL_UNICAST or any(address in tunnel for tunnel in _TUNNELS)
    ):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # leaves out mapped, NAT64, local, link-local and multicast
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))  # 6to4, Teredo
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


def _split(url: str) -> SplitResult:
    if _NOT_IN_URL.search(url):
        raise AddressNotAllowed(say("The address contains characters that do not belong there."))
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or 0 < parts.port < 65536
    except ValueError as error:
        raise AddressNotAllowed(say("This is not an address.")) from error
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_fine:
        raise AddressNotAllowed(say("The address must begin with https:// and name a host."))
    if "@" in parts.netloc:
        raise AddressNotAllowed(say("The address must not contain a user name or password."))
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _checked_address(parts: SplitResult, networks: tuple[str, ...] = ()) -> Address:
    address, is_named = _checked(parts.hostname or "", _port(parts), networks)
    if not is_named:
        _check_manner(parts)
    return address


def _checked(host: str, port: int, networks: tuple[str, ...]) -> tuple[Address, bool]:
    """The address to connect to, and whether a setting names all of them."""
    addresses = _resolve(host, port)
    allowed = [_is_allowed(address, networks) for address in addresses]
    if not all(allowed[i] or is_public(address) for i, address in enumerate(addresses)):
        raise AddressNotAllowed(say("The address leads into a network that may not be reached."))
    return addresses[0], all(allowed)


def _check_manner(parts: SplitResult) -> None:
    if parts.scheme == "http" and not getattr(settings, "POLYDESK_OUTBOUND_HTTP", False):
        raise AddressNotAllowed(say("The address must begin with https://."))
    if _port(parts) not in PORTS | {int(port) for port in getattr(settings, "POLYDESK_OUTBOUND_PORTS", ())}:
        raise AddressNotAllowed(say("The address uses a port that may not be reached."))


def _resolve(host: str, port: int) -> list[Address]:
    try:
        name = host if ":" in host else host.encode("idna").decode("ascii")
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise AddressNotAllowed(say("This is not a host name.")) from error
    except OSError as error:
        raise Unreachable from error
    addresses = [ipaddress.ip_address(str(info[4][0])) for info in found]
    if not addresses:
        raise Unreachable
    return addresses


def _is_allowed(address: Address, networks: tuple[str, ...] = ()) -> bool:
    named = (*getattr(settings, "POLYDESK_OUTBOUND_NETWORKS", ()), *networks)
    return any(address in network for network in _networks(named))


@lru_cache(maxsize=8)
def _networks(named: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(name, strict=False) for name in named)


def _exchange(
    parts: SplitResult, raw: socket.socket, method: str, headers: dict[str, str], body: bytes | None, limit: int
) -> Answer:
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, _port(parts))
    connection.sock = _tls().wrap_socket(raw, server_hostname=host) if parts.scheme == "https" else raw
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": "Polydesk", "Accept-Encoding": "identity", "Connection": "close", **headers}
    try:
        connection.request(method, target, body=body, headers={"Host": _host_header(parts), **headers})
        response = connection.getresponse()
        content = response.read(limit)
        if len(content) < limit and response.length:
            raise http.client.IncompleteRead(content, response.length)
        return Answer(response.status, dict(response.getheaders()), content)
    finally:
        connection.close()


def _host_header(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    return name if parts.port is None else f"{name}:{parts.port}"


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _cut(raw: socket.socket, late: threading.Event) -> None:
    """The whole exchange has one end: a server that drips bytes is cut off."""
    late.set()
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed in the same moment
