"""What a client sends to be written, read by the entity's table; every fault is named (AT-012 … AT-049)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from polydesk.directory import models as directory
from polydesk.tickets import models as tickets

from . import values
from .errors import Failure, missing, too_long, unknown_reference
from .fields import Entity, Field

if TYPE_CHECKING:
    from .views.door import Call

PEOPLE = ("Contacts", "Resources")
REFERRED: Mapping[str, Any] = {
    "BillingCodes": directory.WorkType,
    "Companies": directory.Company,
    "CompanyLocations": directory.Site,
    "ConfigurationItems": directory.Asset,
    "Contacts": directory.Person,
    "ContractServiceBundles": directory.ContractBundle,
    "ContractServices": directory.ContractService,
    "Contracts": directory.Contract,
    "Opportunities": directory.Opportunity,
    "Products": directory.Product,
    "Projects": directory.Project,
    "Resources": directory.Person,
    "Roles": directory.JobRole,
    "Tags": tickets.Tag,
}


class Incoming:
    """The body of a write: `given` maps wire names to values of the field's type, `faults` collects texts."""

    def __init__(self, call: Call, *, whole: bool = False, new: bool = False) -> None:
        self.call, self.entity, self.tables = call, call.entity, call.tables
        raw = call.body()
        if not isinstance(raw, dict):
            raise Failure("The body must be a JSON object.")
        self.raw: dict[str, Any] = {str(key).lower(): value for key, value in raw.items()}
        self.faults: list[str] = []
        self.id = self._id(new)
        self.given: dict[str, Any] = {}
        for field in writable(self.entity):
            if field.name.lower() in self.raw:
                self._take(field, self.raw[field.name.lower()])
            elif whole:
                self.given[field.name] = None

    def _id(self, new: bool) -> int | None:
        raw, in_address = self.raw.get("id"), self.call.number("id")
        try:
            found = values.parse("long", raw)
        except values.Wrong:
            raise Failure("id: a whole number is needed.") from None
        if new:
            if found:
                raise Failure("id: a new record gets its id from the system.")
            return None
        if in_address is not None and found is not None and found != in_address:
            raise Failure("id: the body names another record than the address.")
        number = in_address if in_address is not None else found
        if not number and number != 0:
            raise Failure("id: an update must name the record.")
        return int(number)

    def _take(self, field: Field, raw: Any) -> None:
        try:
            value = values.parse(field.type, raw, flag=field.flag)
        except values.Wrong as wrong:
            self.faults.append(f"{field.name}: {wrong}.")
            return
        if isinstance(value, str) and ("\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value)):
            self.faults.append(f"{field.name}: the text has characters that no text may have.")
            return
        self.given[field.name] = value

    def sets(self, name: str) -> bool:
        """Does the body itself speak of this field?"""
        return name.lower() in self.raw

    def drop_unchanged(self, shown: Mapping[str, Any]) -> None:
        """What equals what is shown now is not part of the write (RC-002)."""
        for name in list(self.given):
            field = self.entity.names[name.lower()]
            if (self.given[name] in (None, "") and shown.get(name) in (None, "")) or (
                shown.get(name) is not None and values.parse(field.type, shown[name]) == self.given[name]
            ):
                del self.given[name]

    def check_lengths(self) -> None:
        """A *different* text must keep to the field's length (AT-048, RC-005)."""
        for name, value in self.given.items():
            limit = self.entity.names[name.lower()].length
            if isinstance(value, str) and limit and len(value) > limit:
                self.faults.append(too_long(name, limit))

    def check_ranges(self) -> None:
        """Numbers that the columns can hold."""
        for name, value in list(self.given.items()):
            kind = self.entity.names[name.lower()].type
            most = {"integer": 2**31, "decimal": 10**9, "double": 10**9}.get(kind)
            if most is not None and value is not None and abs(value) >= most:
                self.faults.append(f"{name}: the number is out of range.")
                del self.given[name]

    def check_required(self, *names: str, new: bool = True) -> None:
        """Each required field that is missing, or cleared, is named (AT-046)."""
        for name in names:
            if (new or name in self.given) and self.given.get(name) in (None, ""):
                self.faults.append(missing(name))

    def check_picklists(self, also_inactive: bool = False) -> None:
        """Numbers that the picklist has, and no newly chosen inactive one (AT-047, AT-203)."""
        for name, value in list(self.given.items()):
            field = self.entity.names[name.lower()]
            if value is None or not field.picklist:
                continue
            entry = self.tables.stored(field.picklist, value)
            if entry is None:
                self.faults.append(f"{name}: Value {value} does not exist or is invalid.")
                del self.given[name]
            elif not entry.active and not also_inactive:
                self.faults.append(f"{name}: the value {entry.label} is inactive and cannot be chosen.")
                del self.given[name]

    def check_references(self, *, skip: Iterable[str] = ()) -> dict[str, Any]:
        """The rows that references name, by wire name; unknown ones are faults (AT-047)."""
        rows: dict[str, Any] = {}
        for name, value in self.given.items():
            entity = self.entity.names[name.lower()].reference
            if value is None or entity not in REFERRED or name in skip:
                continue
            row = refer(entity, value, self.tables.organization_id)
            if row is None:
                self.faults.append(unknown_reference(name, entity))
            rows[name] = row
        return rows

    def refuse(self) -> None:
        """Say all faults at once (AT-040)."""
        if self.faults:
            raise Failure(*dict.fromkeys(self.faults))


def writable(entity: Entity) -> Iterable[Field]:
    """The fields a client may write; a value for another one is ignored (AT-049)."""
    return (f for f in entity.fields if not f.read_only)


def refer(entity: str, number: int, organization_id: int) -> Any:
    """The row of another entity that a reference names."""
    if not 0 < number < 2**63:
        return None
    rows = REFERRED[entity].objects.filter(pk=number)
    if entity in PEOPLE:
        staff = directory.Membership.objects.filter(organization_id=organization_id, side="staff").values("person_id")
        rows = rows.filter(pk__in=staff) if entity == "Resources" else rows.exclude(pk__in=staff)
        if entity == "Resources":
            return rows.first()
    return rows.filter(organization_id=organization_id).first()


def stored(field: Field, value: Any, incoming: Incoming) -> Any:
    """A value as the model's column holds it."""
    if field.picklist and value is not None:
        entry = incoming.tables.stored(field.picklist, value)
        return entry.stored if entry else None
    if field.day:
        return value.date() if isinstance(value, dt.datetime) else value
    if field.hours:
        return values.seconds(value)
    if field.is_text and value is None:
        return ""
    return value
