"""What the demo hands to every face and feature that adds its own part to it (PL-010 … PL-013).

A face or feature may have a module `demo.py` with any of these functions; `polydesk demo` calls them in this order:

    def furnish(desk: Desk) -> None: …           # what the demo's tickets find: articles, service levels; idempotently
    def conformance(desk: Desk) -> None: …       # its contract's data set, added idempotently (only --conformance)
    def credentials(desk: Desk) -> dict: …        # its entry of the credentials file, or several; freshly issued
    def house(desk: Desk) -> dict[str, dict]: …   # {login: credential of that person in this face} (only --conformance)
    def told(given: dict) -> list[str]: …         # lines about the credentials given out (only --conformance)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .models import Company, Organization, Person, Team


@dataclass
class Desk:
    """The two organizations of the demo and their people by the name the demo calls them.

    RC-400: `anna`, `bob` (agents), `mona` (manager), `rita` (no company), `carl` (contact of Acme). Beside them
    `admin` (superuser), `agent`, `customer` in House and `other_agent`, `other_admin` in the second organization."""

    house: Organization
    second: Organization
    people: dict[str, Person]
    acme: Company
    beta: Company
    support: Team
    extra: dict[str, object] = field(default_factory=dict)
    """Rows that one part leaves for the next."""
