"""How each field of a ticket is read by a hot statement, with the names of the rows that it refers to (RC-110).

Three sorts of values come back: `plain` ones as they are (moments as text on SQLite, which keeps them so), `json` ones
as JSON text that goes into an answer unparsed, and `reference` ones as an id with a name. The name is a scalar
subquery: it costs nothing where the reference is null, keeps one plan whatever the number of references, and reads a
whole ticket in one statement (PL-304)."""

# ruff: noqa: S608 - every text is made of the constants in this file
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from polydesk.tickets.fields import FIELDS, Field

Sort = Literal["plain", "json", "reference"]

# Model -> its table and the column that names a row.
NAMES: dict[str, tuple[str, str]] = {
    "directory.Asset": ("directory_asset", "name"),
    "directory.Company": ("directory_company", "name"),
    "directory.Contract": ("directory_contract", "name"),
    "directory.ContractBundle": ("directory_contractbundle", "name"),
    "directory.ContractService": ("directory_contractservice", "name"),
    "directory.JobRole": ("directory_jobrole", "name"),
    "directory.Milestone": ("directory_milestone", "name"),
    "directory.Opportunity": ("directory_opportunity", "title"),
    "directory.Person": ("directory_person", "name"),
    "directory.Product": ("directory_product", "name"),
    "directory.Project": ("directory_project", "name"),
    "directory.Site": ("directory_site", "name"),
    "directory.SlaPolicy": ("directory_slapolicy", "name"),
    "directory.Team": ("directory_team", "name"),
    "directory.WorkType": ("directory_worktype", "name"),
    "tickets.Category": ("tickets_category", "name"),
    "tickets.Form": ("tickets_form", "name"),
    "tickets.Queue": ("tickets_queue", "name"),
    "tickets.Tag": ("tickets_tag", "name"),
    "tickets.Ticket": ("tickets_ticket", "title"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A field with its expression on each database; a reference's is that of its name, its id being the column."""

    name: str
    sort: Sort
    postgres: str
    sqlite: str


def _plain(name: str, column: str) -> Column:
    return Column(name, "plain", f"t.{column}", f"t.{column}")


def _moment(name: str, column: str) -> Column:
    return Column(name, "plain", f"t.{column}", f"REPLACE(t.{column}, ' ', 'T') || 'Z'")


def _json(name: str, column: str) -> Column:
    return Column(name, "json", f"COALESCE(t.{column}::text, 'null')", f"COALESCE(t.{column}, 'null')")


def _reference(name: str, column: str, model: str) -> Column:
    table, title = NAMES[model]
    text = f"t.{column}, (SELECT r.{title} FROM {table} r WHERE r.id = t.{column})"
    return Column(name, "reference", text, text)


def _references(name: str, model: str) -> Column:
    table, title = NAMES[model]
    return Column(
        name,
        "json",
        f"""CASE WHEN t.{name} = '[]'::jsonb THEN '[]' ELSE (
            SELECT COALESCE(json_agg(json_build_object('id', r.id, 'name', r.{title}) ORDER BY e.n), '[]')::text
              FROM jsonb_array_elements_text(t.{name}) WITH ORDINALITY e(v, n)
              JOIN {table} r ON r.id = e.v::bigint) END""",
        f"""CASE WHEN t.{name} = '[]' THEN '[]' ELSE (
            SELECT json_group_array(json_object('id', f.id, 'name', f.name)) FROM (
              SELECT r.id, r.{title} AS name FROM json_each(t.{name}) e JOIN {table} r ON r.id = e.value
               ORDER BY e.key) f) END""",
    )


_THING = """CASE {kind} WHEN 'team' THEN (SELECT r.name FROM directory_team r WHERE r.id = {id})
    WHEN 'company' THEN (SELECT r.name FROM directory_company r WHERE r.id = {id})
    WHEN 'organization' THEN (SELECT r.name FROM directory_organization r WHERE r.id = {id})
    ELSE (SELECT r.name FROM directory_asset r WHERE r.id = {id} AND r.type = {kind}) END"""
_PG_THING = _THING.format(kind="(e.v->>0)", id="(e.v->>1)::bigint")
_LITE_THING = _THING.format(kind="json_extract(f.value, '$[0]')", id="json_extract(f.value, '$[1]')")
_ITEMS = Column(
    "items",
    "json",
    f"""CASE WHEN t.items = '[]'::jsonb THEN '[]' ELSE (
        SELECT json_agg(json_build_object('kind', e.v->>0, 'id', (e.v->>1)::bigint, 'name', {_PG_THING})
                        ORDER BY e.n)::text
          FROM jsonb_array_elements(t.items) WITH ORDINALITY e(v, n)) END""",
    f"""CASE WHEN t.items = '[]' THEN '[]' ELSE (
        SELECT json_group_array(json_object('kind', json_extract(f.value, '$[0]'),
                                            'id', json_extract(f.value, '$[1]'), 'name', {_LITE_THING}))
          FROM (SELECT e.value FROM json_each(t.items) e ORDER BY e.key) f) END""",
)


def _of(field: Field) -> Column:
    match field.type:
        case "reference":
            return _reference(field.name, field.column, field.model)
        case "references":
            return _references(field.name, field.model)
        case "pairs":
            return _ITEMS
        case "json" | "words" | "texts":
            return _json(field.name, field.name)
        case "datetime":
            return _moment(field.name, field.name)
    return _plain(field.name, field.name)


_LATEST = "COALESCE((SELECT c.text FROM tickets_comment c WHERE c.id = t.latest_message), t.description)"
_AWAITING = """CASE WHEN t.phase IN ('new', 'open', 'waiting', 'solved')
    THEN CASE WHEN t.latest_side = 'staff' THEN 'customer' ELSE 'staff' END ELSE '' END"""
_PUBLIC_VERSION = "(SELECT COUNT(*) FROM tickets_event e WHERE e.ticket_id = t.id AND e.public)"
# What decides when a solved ticket closes by itself; the moment is lifecycle.span_until_closing's to say (RC-088).
_CLOSING = Column(
    "closing",
    "plain",
    """CASE WHEN t.phase = 'solved' THEN json_build_object('solved_at', t.solved_at, 'final', t.final, 'extra', t.extra,
        'hours', (SELECT o.settings->'auto_close_hours'->>t.kind
                    FROM directory_organization o WHERE o.id = t.organization_id))::text END""",
    """CASE WHEN t.phase = 'solved' THEN json_object('solved_at', t.solved_at || 'Z', 'final', t.final,
        'extra', json(t.extra), 'hours', (SELECT json_extract(o.settings, '$.auto_close_hours.' || t.kind)
                                            FROM directory_organization o WHERE o.id = t.organization_id)) END""",
)

# What a customer sees of a status, as edits.seen_status says it (RC-084).
SEEN_STATUS = """CASE WHEN t.phase IN ('closed', 'dropped') THEN 'closed' WHEN t.phase = 'solved' THEN 'solved'
    WHEN t.status = 'waiting_customer' THEN 'waiting_customer' ELSE 'open' END"""
SEEN_PHASE = """CASE WHEN t.phase IN ('closed', 'dropped') THEN 'closed' WHEN t.phase = 'solved' THEN 'solved'
    WHEN t.status = 'waiting_customer' THEN 'waiting' ELSE 'open' END"""

_OTHERS = (
    Column("seen_status", "plain", SEEN_STATUS, SEEN_STATUS),
    Column("seen_phase", "plain", SEEN_PHASE, SEEN_PHASE),
    _plain("id", "id"),
    _plain("version", "version"),
    Column("public_version", "plain", _PUBLIC_VERSION, _PUBLIC_VERSION),
    _moment("edited_at", "edited_at"),
    _moment("updated_at", "active_at"),
    _reference("active_by", "active_by_id", "directory.Person"),
    _moment("public_active_at", "public_active_at"),
    Column("latest_message", "plain", _LATEST, _LATEST),
    Column("awaiting", "plain", _AWAITING, _AWAITING),
    _CLOSING,
)

COLUMNS: dict[str, Column] = {column.name: column for column in (*(_of(f) for f in FIELDS.values()), *_OTHERS)}
