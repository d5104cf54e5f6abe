"""Secrets and signed tokens."""

from datetime import timedelta

import pytest
import time_machine

from polydesk.web import tokens

HOUR = timedelta(hours=1)


@pytest.mark.spec("RS-130")
def test_a_secret_is_prefixed_long_and_never_the_same_twice():
    made = {tokens.make_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("pd_") and len(secret) >= 3 + 27 for secret in made)  # 27 base64 letters = 160 bits


@pytest.mark.spec("RS-130", "PL-014")
def test_only_the_digest_is_needed_to_recognise_a_secret():
    secret = tokens.make_secret()
    stored = tokens.digest(secret)
    assert secret not in stored and len(stored) == 64
    assert tokens.matches(secret, stored)
    assert not tokens.matches(secret + "x", stored)


@pytest.mark.spec("RS-128")
@pytest.mark.parametrize(("secret", "stored"), [("", ""), ("", tokens.digest("")), ("x", "")])
def test_an_empty_secret_or_digest_never_matches(secret, stored):
    assert not tokens.matches(secret, stored)


@pytest.mark.spec("RS-131")
def test_a_signed_token_gives_its_subject_back():
    assert tokens.verify("mail", tokens.sign("mail", "ticket 7 · ü", lasts=HOUR)) == "ticket 7 · ü"


@pytest.mark.spec("RS-131")
def test_a_token_for_one_purpose_fails_at_every_other():
    with pytest.raises(tokens.BadToken):
        tokens.verify("reset", tokens.sign("mail", "7", lasts=HOUR))


@pytest.mark.spec("RS-131")
def test_a_token_ends():
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        token = tokens.sign("mail", "7", lasts=HOUR)
        clock.shift(timedelta(minutes=59))
        assert tokens.verify("mail", token) == "7"
        clock.shift(timedelta(minutes=2))
        with pytest.raises(tokens.BadToken):
            tokens.verify("mail", token)


@pytest.mark.spec("RS-131")
def test_changing_any_character_breaks_a_token():
    token = tokens.sign("mail", "7", lasts=HOUR)
    for place, letter in enumerate(token):
        for other in "A.0=":
            if letter != other:
                with pytest.raises(tokens.BadToken):
                    tokens.verify("mail", token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.1.é", "a.1", "a.1.b.c", "NA.-1.AA"])
def test_nonsense_is_a_bad_token(token):
    with pytest.raises(tokens.BadToken):
        tokens.verify("mail", token)
