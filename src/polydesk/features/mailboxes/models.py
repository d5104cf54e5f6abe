"""An address that people write to, and each message that came to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from polydesk.directory.models import Person, Team
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.models import Category, Ticket
from polydesk.web.moments import Moment


class Mailbox(Owned, Stamped):
    """What comes to `address` becomes tickets of `kind`. Without a `host` nobody fetches: messages are handed in."""

    TLS, STARTTLS, PLAIN = "tls", "starttls", "plain"
    SECURITY = ((TLS, "TLS"), (STARTTLS, "STARTTLS"), (PLAIN, "None"))
    NOBODY, KNOWN, ANYBODY = "nobody", "known", "anybody"
    COPIES = ((NOBODY, "Nobody"), (KNOWN, "People of the same company"), (ANYBODY, "Anybody"))
    PASSWORD, OAUTH = "password", "oauth"
    SIGN_IN = ((PASSWORD, "Password"), (OAUTH, "OAuth 2.0"))

    address = models.EmailField(unique=True)
    """In lower case. One address leads to one organization."""
    name = models.CharField(max_length=80, blank=True, default="")
    is_active = models.BooleanField(default=True)
    kind = models.CharField(max_length=30, default="request")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The team that new tickets are given to."""
    confirms = models.BooleanField(default=True)
    """Whoever opens a ticket by mail is told its number (RS-068, RS-069)."""
    is_tagged = models.BooleanField(default=False)
    """The mail server takes `desk+anything@…` for `desk@…`: answers can go to an address with a token (RS-070)."""

    copies = models.CharField(max_length=10, choices=COPIES, default=KNOWN)
    """Whom a mail brings to its ticket by copying them; the others wait there for staff (RS-072)."""

    host = models.CharField(max_length=253, blank=True, default="")
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, choices=SECURITY, default=TLS)
    login = models.CharField(max_length=254, blank=True, default="")
    sign_in = models.CharField(max_length=10, choices=SIGN_IN, default=PASSWORD)
    """With `oauth` there is a `Grant`."""
    password = models.TextField(blank=True, default="")
    """Sealed (web.sealing)."""
    folder = models.CharField(max_length=120, default="INBOX")
    done_folder = models.CharField(max_length=120, blank=True, default="")
    """Where fetched messages are moved; empty: they stay, and are marked as read."""
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    """Up to which message of `uid_validity` everything is taken (RS-182); written with the last of them."""
    fetched_at = Moment(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")
    """Why the last fetch failed; empty when it did not."""
    failing_since = Moment(null=True, blank=True)

    class Meta:
        ordering = ("address",)

    def __str__(self) -> str:
        return self.address


class Grant(models.Model):
    """How a mailbox signs in by OAuth 2.0 (RFC 6749): with whom, as which application, and what was granted."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, primary_key=True, related_name="grant")
    provider = models.CharField(max_length=20)
    """A key of `consent.PROVIDERS`; the addresses below replace the provider's where they are given."""
    authorize_url = models.CharField(max_length=500, blank=True, default="")
    token_url = models.CharField(max_length=500, blank=True, default="")
    scope = models.CharField(max_length=500, blank=True, default="")
    client_id = models.CharField(max_length=254)
    client_secret = models.TextField(blank=True, default="")
    """Sealed, as `tokens` are (web.sealing)."""
    tokens = models.TextField(blank=True, default="")
    """Access and refresh token; empty while nobody has granted anything."""
    expires_at = Moment(null=True, blank=True)
    """When the access token ends, as far as the provider says."""
    is_refused = models.BooleanField(default=False)
    """The provider does not take the refresh token any more: somebody has to connect the mailbox again."""

    def __str__(self) -> str:
        return f"{self.provider} for {self.mailbox_id}"


class Message(Owned):
    """One message as it came; its bytes are a file named by their SHA-256 (web.files)."""

    WAITING, TAKEN, ASIDE, HELD, DROPPED = "waiting", "taken", "aside", "held", "dropped"
    STATES = (
        (WAITING, "Waiting to be read"),
        (TAKEN, "Taken"),
        (ASIDE, "Set aside"),
        (HELD, "In quarantine"),
        (DROPPED, "Dropped"),
    )

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="messages", db_index=False)
    message_id = models.CharField(max_length=255)
    """As the header has it, without the angle brackets; a digest of the whole message where there is none."""
    digest = models.CharField(max_length=64)
    """SHA-256 of what follows the headers: the trace above them differs each time (RS-026)."""
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    """Of all bytes, and so their file; empty once they were forgotten."""
    size = models.BigIntegerField(default=0)
    received_at = Moment(default=timezone.now)
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    """Why it was set aside or is held: a sentence in English, translated when it is shown."""
    reason_values = models.JSONField(default=dict, blank=True)
    """What fills the places of the reason."""
    sender = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=255, blank=True, default="")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_verified = models.BooleanField(default=False)
    """A token of ours proved the sender (RS-071)."""
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    comment_id = models.BigIntegerField(null=True, blank=True)
    """Null for what opened the ticket. Not a foreign key: only looked up."""
    settled_at = Moment(null=True, blank=True)
    answered_at = Moment(null=True, blank=True)
    """When its sender got an automatic answer (RS-068)."""
    copies = models.JSONField(default=dict, blank=True)
    """`reached`: people of its ticket who have it from its sender; `left_out`: copied addresses beyond the most."""
    let_in = models.BooleanField(default=False)
    """Somebody of the staff had it read again: what held it does not hold it any more."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["mailbox", "message_id", "digest"], name="mailboxes_once"),)
        indexes = (
            models.Index(fields=["organization", "state", "-id"], name="mailboxes_state"),
            models.Index(fields=["organization", "message_id"], name="mailboxes_message_id"),
            models.Index(
                fields=["sender", "answered_at"], name="mailboxes_answered", condition=Q(answered_at__isnull=False)
            ),
            models.Index(fields=["received_at"], name="mailboxes_received", condition=~Q(sha256="")),
        )

    def __str__(self) -> str:
        return f"{self.message_id} to {self.mailbox_id}"
