"""Addresses that users give: where they may lead, and what comes back."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction

from polydesk.web import outbound
from polydesk.web.outbound import AddressNotAllowed, Unreachable, check, fetch

PRIVATE = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST",
    "０.0.0.0", "127。0。0。1",
    "0.0.0.0", "0", "0.0.0.1", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "192.168.1.254", "3232235521", "169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "100.64.0.1",
    "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3",
    "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::1]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]",
    "[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:0:53aa:64c::1]", "[2001::1]", "[100::1]", "[::ffff:8.8.8.8]",
    "loopback.test", "inside.test", "both.test", "metadata.test", "six.test",
]  # fmt: skip
NAMES = {
    "public.test": ["93.184.215.14"],
    "public6.test": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "loopback.test": ["127.0.0.1"],
    "inside.test": ["10.1.2.3"],
    "both.test": ["93.184.215.14", "10.1.2.3"],
    "metadata.test": ["169.254.169.254"],
    "six.test": ["2606:2800::1", "fd00::1"],
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
}


@pytest.fixture(autouse=True)
def resolver(monkeypatch):
    """Names are ours; numbers go to the real resolver, with all its strange spellings. Counts what was asked."""
    asked, real = [], socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if isinstance(host, str) and host.lower() in NAMES:
            asked.append(host)
            found = NAMES[host.lower()]
            families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
            return [(f, socket.SOCK_STREAM, 6, "", (a, port)) for f, a in zip(families, found, strict=True)]
        return real(host, port, *args, **kwargs | {"flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.spec("RS-055", "RS-058")
@pytest.mark.parametrize("host", PRIVATE)
def test_no_spelling_of_a_private_address_is_allowed(host, settings):
    settings.POLYDESK_OUTBOUND_HTTP = True
    for url in (f"https://{host}/", f"http://{host}:80/x?y"):
        with pytest.raises((AddressNotAllowed, Unreachable)):
            fetch(url, timeout=0.001)
        try:
            check(url)
        except AddressNotAllowed:
            continue
        with pytest.raises(Unreachable):  # no address at all: nothing to connect to
            outbound._resolve(outbound._split(url).hostname, 443)


@pytest.mark.spec("RS-055")
def test_there_are_enough_spellings():
    assert len(PRIVATE) >= 60


@pytest.mark.spec("RS-055")
@pytest.mark.parametrize(
    "url",
    [
        "https://public.test/hook",
        "https://public.test:443/",
        "https://public.test:8443/",
        "https://public6.test/",
        "https://8.8.8.8/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://nobody.test/",
    ],
)
def test_public_addresses_pass_and_unknown_names_too(url):
    check(url)


@pytest.mark.spec("RS-055")
@pytest.mark.parametrize(
    "url",
    [
        "http://public.test/",
        "https://public.test:22/",
        "https://public.test:6379/",
        "https://public.test:0/",
        "https://public.test:99999/",
        "https://public.test:x/",
        "ftp://public.test/",
        "file:///etc/passwd",
        "gopher://public.test/",
        "javascript:alert(1)",
        "//public.test/",
        "public.test",
        "",
        "https://",
        "https:///x",
        "https://user@public.test/",
        "https://user:pw@public.test/",
        "https://@public.test/",
        "https://public.test\\@inside.test/",
        "https://public.test/\r\nX: y",
        "https://public.test/ x",
        "https://public.test\t/",
        "https://[::1/",
        "https://" + "a" * 300 + ".test/",
        "https://a..b/",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(AddressNotAllowed):
        check(url)


@pytest.mark.spec("RS-055")
def test_http_and_further_ports_are_allowed_by_setting(settings):
    settings.POLYDESK_OUTBOUND_HTTP = True
    settings.POLYDESK_OUTBOUND_PORTS = ("9000",)
    check("http://public.test/")
    check("https://public.test:9000/")


def whole_request(one):
    got = one.recv(65536)
    while b"Content-Length: 2" in got and not got.endswith(b"{}") and (more := one.recv(65536)):
        got += more
    return got


@contextmanager
def serving(answer):
    """A server that gives each connection to `answer`; its port and what it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve():
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            with one:
                asked.append(whole_request(one))
                with suppress(OSError):
                    answer(one)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def says(text):
    return lambda one: one.sendall(text)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi"


@pytest.fixture
def local(settings):
    settings.POLYDESK_OUTBOUND_NETWORKS = ("127.0.0.0/8",)


@pytest.mark.spec("RS-058")
def test_a_named_network_may_be_reached_by_http_on_any_port(local):
    with serving(says(OK)) as (port, asked):
        answer = fetch(f"http://127.0.0.1:{port}/hook?x=1", method="POST", body=b"{}", headers={"X-Id": "7"})
    assert (answer.status, answer.body, answer.headers["X-A"]) == (200, b"hi", "b")
    assert asked[0].startswith(b"POST /hook?x=1 HTTP/1.1\r\n") and b"X-Id: 7\r\n" in asked[0]
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in asked[0] and asked[0].endswith(b"\r\n\r\n{}")


@pytest.mark.spec("RS-056")
def test_a_name_is_resolved_once_and_the_connection_goes_there(local, resolver, monkeypatch):
    monkeypatch.setitem(NAMES, "rebinding.test", ["127.0.0.1"])
    with serving(says(OK)) as (port, asked):
        assert fetch(f"http://rebinding.test:{port}/").status == 200
    assert resolver == ["rebinding.test"]
    assert f"Host: rebinding.test:{port}\r\n".encode() in asked[0]


@pytest.mark.spec("RS-055", "RS-058")
def test_one_private_address_among_allowed_ones_refuses_the_name(local, monkeypatch):
    monkeypatch.setitem(NAMES, "mixed.test", ["127.0.0.1", "10.0.0.1"])
    with pytest.raises(AddressNotAllowed):
        check("http://mixed.test/")


@pytest.mark.spec("RS-056", "RS-045")
def test_redirects_are_not_followed(local):
    with serving(says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as (port, asked):
        answer = fetch(f"http://127.0.0.1:{port}/")
    assert answer.status == 302 and len(asked) == 1


@pytest.mark.spec("RS-045")
def test_no_more_than_the_limit_is_kept(local):
    with serving(says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)) as (port, _):
        assert fetch(f"http://127.0.0.1:{port}/").body == b"x" * 65_536


def drip(one):
    one.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        time.sleep(0.05)
        one.sendall(b"X-A: b\r\n")


@pytest.mark.spec("RS-057", "RS-045")
@pytest.mark.parametrize(
    "answer",
    [
        lambda one: None,
        says(b"SSH-2.0-OpenSSH_9.2\r\n"),
        says(b"HTTP/1.1 2"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
        drip,
        lambda one: time.sleep(1),
    ],
)
def test_whatever_goes_wrong_the_sentence_is_the_same(local, answer):
    began = time.monotonic()
    with serving(answer) as (port, _), pytest.raises(Unreachable) as caught:
        fetch(f"http://127.0.0.1:{port}/", timeout=0.4)
    assert time.monotonic() - began < 2.5
    assert str(caught.value) == str(Unreachable())


@pytest.mark.spec("RS-057")
def test_a_closed_port_and_a_name_nobody_knows_sound_the_same(local):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "https://nobody.test/", f"https://127.0.0.1:{port}/"):
        with pytest.raises(Unreachable) as caught:
            fetch(url, timeout=2)
        assert str(caught.value) == str(Unreachable())


@pytest.mark.spec("RS-003")
@pytest.mark.django_db
def test_nothing_is_fetched_inside_a_transaction(local):
    with serving(says(OK)) as (port, asked):
        with pytest.raises(RuntimeError), transaction.atomic():
            fetch(f"http://127.0.0.1:{port}/")
        assert not asked
        assert fetch(f"http://127.0.0.1:{port}/").status == 200


@pytest.mark.spec("RS-074")
def test_line_breaks_in_headers_are_not_sent(local):
    with serving(says(OK)) as (port, asked), pytest.raises(Unreachable):
        fetch(f"http://127.0.0.1:{port}/", headers={"X-A": "b\r\nX-Evil: 1"})
    assert b"Evil" not in b"".join(asked)
