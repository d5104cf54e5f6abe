"""A database recovered by other means sends nothing twice: its waiting jobs are held until they are let go (RS-182)."""

import argparse

import pytest

from polydesk import jobs
from polydesk.jobs.models import Job
from polydesk.server.commands import restore


def run(*words):
    parser = argparse.ArgumentParser()
    restore.add_arguments(parser)
    return restore.run(parser.parse_args(words))


@pytest.mark.django_db
@pytest.mark.spec("RS-181", "RS-182")
def test_waiting_jobs_are_held_and_let_go_again(capsys):
    for number in range(3):
        jobs.later("webhook.send", {"delivery": number})
    assert run("--hold-jobs") == 0 and "3 waiting jobs are held" in capsys.readouterr().out
    assert Job.objects.waiting().count() == 0
    assert run("--release-held") == 0
    assert Job.objects.waiting().count() == 3
