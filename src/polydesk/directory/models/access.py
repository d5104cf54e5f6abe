"""Who may act where: memberships with their roles, and the credentials of the faces (RC-191)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.web.moments import Moment

from .organization import Organization, Owned, Stamped
from .people import Person


class Role(Owned, Stamped):
    """A named set of rights in one organization, such as Agent or Manager. `rights` are codes of tickets.access."""

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    rights = models.JSONField(default=list, blank=True)
    is_builtin = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "key"], name="role_key_once"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in an organization: on which side (RC-357) and with which role."""

    STAFF, CUSTOMER = "staff", "customer"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    side = models.CharField(max_length=10, choices=((STAFF, "Staff"), (CUSTOMER, "Customer")), default=STAFF)
    role = models.ForeignKey(Role, null=True, blank=True, on_delete=models.SET_NULL, related_name="memberships")
    is_admin = models.BooleanField(default=False)
    """Administers the organization itself: people, settings, tokens."""
    sees_company = models.BooleanField(default=True)
    """A customer who also sees the tickets of his company (PL-250)."""
    projects = models.JSONField(default=list, blank=True)
    """Opaque project ids of a customer's access scope (RC-052)."""
    is_active = models.BooleanField(default=True)
    created_at = Moment(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organization", "person"], name="membership_once"),)


class Credential(models.Model):
    """A key of one face: a person, a face and limits (RC-191). Only the SHA-256 of the secret is stored (PL-014)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="credentials")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="credentials")
    face = models.CharField(max_length=20)
    name = models.CharField(max_length=100, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16, blank=True, default="")
    read_only = models.BooleanField(default=False)
    scopes = models.JSONField(default=list, blank=True)
    limits = models.JSONField(default=dict, blank=True)
    """What this face limits the credential to, in its own words (security level, project scope …)."""
    created_at = Moment(default=timezone.now)
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = Moment(null=True, blank=True)
    last_used_at = Moment(null=True, blank=True)
    revoked_at = Moment(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["organization", "face"], name="credential_face"),)


class SecurityEvent(models.Model):
    """The audit log of everything that is not a ticket: sign-ins, keys, roles, exports (RS-171). A chain (RS-172)."""

    organization = models.ForeignKey(Organization, null=True, on_delete=models.SET_NULL, related_name="+")
    at = Moment(default=timezone.now)
    verb = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=120, blank=True, default="")
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("id",)


__all__ = ["Credential", "Membership", "Owned", "Role", "SecurityEvent"]
