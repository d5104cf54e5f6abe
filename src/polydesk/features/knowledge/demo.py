"""The demo's articles: some for customers, some among agents."""

from __future__ import annotations

from django.utils import timezone

from polydesk.directory.demo import Desk

from .models import Article

# title, whether customers see it, text
ARTICLES = (
    (
        "Setting a new password",
        True,
        "1. Open the sign-in page and choose *Forgot password*.\n2. Follow the link in the mail within an hour.\n"
        "3. Take at least ten characters; a short sentence is easiest to keep.\n\nNo mail? Look into the spam folder, "
        "then write to us.",
    ),
    (
        "Working from home by VPN",
        True,
        "Start the VPN before anything else. It asks for your password, then for the code of your phone.\n\n"
        "**The code is refused?** Set the phone's clock to *automatic*: codes depend on it.",
    ),
    (
        "The printer prints blank pages",
        True,
        "Print the printer's own test page: *Menu → Reports → Test page*.\n\n"
        "- Test page empty: the drum; write to us.\n"
        "- Test page fine: restart the computer, then the printer.",
    ),
    (
        "Ordering screens, headsets and phones",
        True,
        "Choose *Workplace → Accessories* when you write to us, and name the room and the cost centre. "
        "Delivery takes about five working days.",
    ),
    (
        "A colleague starts or leaves",
        True,
        "Tell us five working days ahead: name, first or last day, room, programs, folders. "
        "Accounts are closed at 18:00 of the last day.",
    ),
    (
        "Check list: laptop goes out for repair",
        False,
        "- [ ] Loan laptop handed over\n- [ ] Disk encrypted and key noted\n- [ ] Serial number in the ticket\n"
        "- [ ] Supplier's reference in the ticket",
    ),
    (
        "When the provider's line is down",
        False,
        "1. Look at the provider's page, then call with our customer number.\n2. Move phones to the second line.\n"
        "3. One ticket for all; make the others incidents of its problem.",
    ),
)


def furnish(desk: Desk) -> None:
    """Idempotent by title."""
    author = desk.people["mona"]
    for title, is_public, text in ARTICLES:
        Article.objects.get_or_create(
            organization=desk.house,
            title=title,
            defaults={
                "text": text,
                "summary": text.split("\n")[0][:200],
                "is_public": is_public,
                "author": author,
                "released_at": timezone.now(),
            },
        )
