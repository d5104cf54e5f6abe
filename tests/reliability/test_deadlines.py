"""No request waits for ever: its statement is cancelled, what it did is undone, and beyond help the process ends."""

import os
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from polydesk.directory.models import Organization
from polydesk.web.deadlines import HARD, Watch, Watchdog

FOR_EVER = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("RS-162")
@pytest.mark.parametrize(("reading", "age"), [(True, 4.5), (False, 29.5)])
def test_a_statement_beyond_the_deadline_is_cancelled_and_undone(reading, age):
    dog, done = Watchdog(), threading.Event()

    def look():
        while not done.wait(0.1):
            dog.look(time.monotonic() + age)  # half a second early

    thread = threading.Thread(target=look)
    with dog.watching(reading=reading):
        thread.start()
        began = time.monotonic()
        try:
            with pytest.raises(OperationalError), transaction.atomic():
                Organization.objects.create(name="half done", key="half")
                with connection.cursor() as cursor:
                    cursor.execute(FOR_EVER[connection.vendor])
        finally:
            done.set()
            thread.join()
    assert 0.2 < time.monotonic() - began < 10
    assert not Organization.objects.filter(key="half").exists()
    dog.look(time.monotonic() + 40)  # who has ended is not touched any more
    assert Organization.objects.count() == 0


@pytest.mark.spec("RS-162")
def test_a_process_whose_request_cannot_be_cancelled_ends_to_be_raised_again():
    child = os.fork()
    if not child:
        dog = Watchdog()
        dog.running.add(Watch(reading=False))
        dog.look(time.monotonic() + HARD - 5)
        dog.look(time.monotonic() + HARD + 5)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 70
