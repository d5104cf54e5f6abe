"""Any other table, by a map in TOML (PL-154):

    kind = "request"
    system = "old-desk"
    key = "{Ticket no}"

    [fields]
    title = "{Subject}"
    description = "{Body}"
    status = "{State}"
    requester = "{Mail}"
    company = "{Customer}"
    created_at = "{Opened}"

    [values.status]
    Done = "closed"

A template may hold several columns. References are looked up by e-mail or name and made when missing."""

from __future__ import annotations

import datetime as dt
import re
import time
import tomllib
from pathlib import Path
from typing import Any

from polydesk.directory.actors import system
from polydesk.directory.models import Company, Organization, Person
from polydesk.tickets import commands
from polydesk.tickets.fields import WRITABLE
from polydesk.tickets.kinds import KINDS, PRIORITIES
from polydesk.tickets.models import Category, Queue, Tag, Ticket
from polydesk.tickets.refusals import Refused

from .source import Progress, Report, Row, Summary, Table

COLUMN = re.compile(r"\{([^{}]+)\}")


def read_map(path: Path) -> dict[str, Any]:
    """The map, or ValueError that says what is wrong with it."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no TOML: {error}") from error
    if found.get("kind", "request") not in KINDS:
        raise ValueError(f"{path.name}: there is no kind “{found['kind']}”")
    unknown = [f for f in found.get("fields", {}) if f not in WRITABLE and not f.startswith("fields.")]
    if unknown or "title" not in found.get("fields", {}):
        raise ValueError(f"{path.name}: " + (f"no field “{unknown[0]}”" if unknown else "fields.title is missing"))
    return found


def import_table(
    path: Path,
    mapping: dict[str, Any],
    organization: Organization,
    *,
    report: Report | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Make a ticket of each row; a row whose key is known already is skipped."""
    summary, started = Summary(), time.monotonic()
    table = Table(path)
    used = {c for text in _templates(mapping) for c in COLUMN.findall(text)}
    absent = sorted(used - set(table.columns))
    if absent:
        raise ValueError(f"{path.name} has no column “{absent[0]}”")
    for row in table:
        summary.rows += 1
        _take(row, mapping, organization, summary, report)
        if progress and summary.rows % 50 == 0:
            progress(table.position, table.size)
    table.close()
    summary.seconds = time.monotonic() - started
    return summary


def _templates(mapping: dict[str, Any]) -> list[str]:
    return [*mapping.get("fields", {}).values(), mapping.get("key", "")]


def _take(
    row: Row, mapping: dict[str, Any], organization: Organization, summary: Summary, report: Report | None
) -> None:
    def problem(reason: str, *, refused: bool) -> None:
        summary.refused += refused
        summary.noted += not refused
        summary.first_problems.append(f"line {row.line}: {reason}") if len(summary.first_problems) < 20 else None
        if report:
            report(row.line, reason, refused)

    if row.fault:
        problem(row.fault, refused=False)
    key = _fill(mapping.get("key", ""), row)
    name = mapping.get("system", "csv")
    if key and Ticket.objects.filter(organization=organization, external_system=name, external_ref=key[:100]).exists():
        summary.known += 1
        return
    values: dict[str, Any] = {"channel": "import"}
    for field, template in mapping["fields"].items():
        said = _fill(template, row)
        said = mapping.get("values", {}).get(field, {}).get(said, said)
        if said == "":
            continue
        try:
            if field.startswith("fields."):
                values.setdefault("fields", {})[field.removeprefix("fields.")] = said
            else:
                values[field] = _value(field, said, organization)
        except ValueError as error:
            problem(f"{field}: {error}", refused=False)
    if key:
        values |= {"external_system": name, "external_ref": key[:100]}
    try:
        made = commands.create(
            mapping.get("kind", "request"),
            values,
            by=system(organization.pk),
            via="import",
            at=values.get("created_at"),
        )
    except Refused as refused:
        problem(str(refused), refused=True)
    else:
        summary.tickets += 1
        summary.events += made.version


def _fill(template: str, row: Row) -> str:
    return COLUMN.sub(lambda found: row.values.get(found[1], ""), template).strip()


def _value(field: str, said: str, organization: Organization) -> Any:
    declared = WRITABLE[field]
    match declared.type:
        case "integer":
            return int(said)
        case "boolean":
            return said.lower() in ("1", "true", "yes", "y")
        case "date":
            return dt.date.fromisoformat(said[:10])
        case "datetime":
            moment = dt.datetime.fromisoformat(said)
            return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        case "reference":
            return _row(declared.model, said, organization)
        case "references":
            return [_row(declared.model, part.strip(), organization) for part in said.split(",") if part.strip()]
    if field == "priority" and said.lower() in PRIORITIES:
        return said.lower()
    return said[: declared.limit] if declared.limit else said


def _row(model: str, said: str, organization: Organization) -> Any:
    if model == "directory.Person":
        by = {"email__iexact": said} if "@" in said else {"name": said}
        person = Person.objects.filter(organization=organization, **by).first()
        return person or Person.objects.create(
            organization=organization, name=said.partition("@")[0] or said, email=said if "@" in said else ""
        )
    makers = {"directory.Company": Company, "tickets.Category": Category, "tickets.Queue": Queue, "tickets.Tag": Tag}
    if model not in makers:
        raise ValueError(f"rows of {model} cannot be named in a table")
    return makers[model].objects.get_or_create(organization=organization, name=said)[0]  # type: ignore[attr-defined]


__all__ = ["import_table", "read_map"]
