"""The text search: every word, any letter case and script, nothing special but words."""

import pytest

from polydesk.tickets import commands

pytestmark = pytest.mark.django_db


@pytest.mark.spec("SE-087", "SE-088", "SE-066")
def test_every_word_is_found_in_summary_or_public_comments(desk, carl, anna):
    link = carl.open(summary="Unstable Link", comment_body="Drops HOURLY, 100% loss on eth_0")
    disk = carl.open(summary="Диск Сломан", comment_body="Ошибка ввода-вывода; c:\\temp")
    greek = carl.open(summary="ΣΦΑΛΜΑ δίσκου")
    anna.comment(link, "Please send a Traceroute")
    commands.comment(link, "secretword", by=desk.actor("anna"), via="test", internal=True)
    everything = [link, disk, greek]
    for q, wanted in {
        "unstable": [link],
        "LINK hourly": [link],
        "traceroute drops link": [link],
        "link сломан": [],
        "secretword": [],
        "диск": [disk],
        "ОШИБКА сломан": [disk],
        "σφαλμα": [greek],
        "100%": [link],
        "%": [link],
        "eth_0": [link],
        "h_0": [link],
        "_": [link],
        "c:\\temp": [disk],
        "\\": [disk],
        '"link': [],
        "-link": [],
        "link OR": [],
        "'; DROP TABLE tickets_ticket; --": [],
        str(disk): [disk],
        f" {greek} ": [greek],
        "99999999999999999999": [],
        "": everything,
        "   ": everything,
    }.items():
        found = carl.get("/support/v2/tickets?" + query(q=q, sort_by_order="asc")).body["items"]
        numbers = [item["number"] for item in found]
        assert [n for n in numbers if q.strip() != str(disk) or n == disk] == wanted, q
        assert carl.get("/support/v2/tickets/count?" + query(q=q)).body["items_count"] == len(numbers)
        if q.strip():
            assert carl.get("/support/tickets?" + query(q=q)).body["item_count"] == len(numbers)


@pytest.mark.spec("SE-087", "PL-109")
def test_fifty_words_are_a_search_and_more_are_refused(carl):
    text = [f"word{n}" for n in range(50)]
    number = carl.open(comment_body=" ".join(text).upper())
    found = carl.get("/support/v2/tickets?" + query(q=" ".join(text + text))).body["items"]
    assert [item["number"] for item in found] == [number]
    assert carl.get("/support/v2/tickets?" + query(q=" ".join([*text, "more"]))).faults == {"q"}


def query(**parameters):
    from urllib.parse import urlencode

    return urlencode(parameters)
