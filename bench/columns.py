"""Tell the thin program what the product answers and how rows are inserted: environment variables as one JSON line."""

import json
import os
import re
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")


def main() -> None:
    import django

    django.setup()
    from polydesk.tickets.models import Event, Ticket
    from polydesk.tickets.statements.columns import COLUMNS
    from polydesk.web.statements import vendor

    on_postgres = vendor() == "postgresql"
    shown = []
    for column in COLUMNS.values():
        expression = column.postgres if on_postgres else re.sub(r' AS "[^"]*"$', "", column.sqlite)
        if column.sort == "reference":
            expression = expression.partition(", (SELECT")[0]
        shown.append([column.name, expression])
    mark = "%s" if on_postgres else "?"
    who = f"(SELECT c.organization_id FROM directory_credential c WHERE c.digest = {mark})"  # noqa: S608
    now = "now()" if on_postgres else "datetime('now')"
    print(
        json.dumps(
            {
                "THIN_COLUMNS": json.dumps(shown),
                "THIN_AUTOTASK": json.dumps(_autotask(on_postgres)),
                "AUTOTASK_HEADERS": json.dumps(_autotask_headers()),
                "THIN_CREATE": _insert(
                    Ticket,
                    {
                        "organization_id": who,
                        "title": mark,
                        "description": mark,
                        "kind": "'incident'",
                        "status": "'new'",
                        "phase": "'new'",
                    },
                    now,
                    on_postgres,
                ),
                "THIN_EVENT": _insert(
                    Event,
                    {
                        "ticket_id": mark,
                        "organization_id": who,
                        "number": "1",
                        "verb": "'create'",
                        "via": "'thin'",
                        "values_digest": "'0'",
                        "digest": "'0'",
                    },
                    now,
                    on_postgres,
                ),
            }
        ),
        file=sys.stdout,
    )


def _autotask(on_postgres: bool) -> list[list[str]]:
    """The names of that face's ticket beside the first column that each is made of."""
    from polydesk.faces.autotask.entities.tickets import ENTITY
    from polydesk.faces.autotask.statements import column

    return [
        [f.name, re.sub(r' AS "[^"]*"$', "", column(f.sources[0])[0 if on_postgres else 1]) if f.sources else "NULL"]
        for f in ENTITY.fields
    ]


def _autotask_headers() -> dict[str, str]:
    """An API user of the first organization."""
    from polydesk.directory.models import Membership
    from polydesk.faces.autotask import demo

    member = Membership.objects.filter(side="staff").select_related("person").order_by("organization", "id").first()
    return demo.issue(member.person)


def _insert(model: type, values: dict[str, str], now: str, on_postgres: bool) -> str:
    """An INSERT of every column: the given ones as they are, the others empty in their way."""
    columns = []
    ordered = dict(values)
    for field in model._meta.concrete_fields:
        if field.primary_key or field.has_db_default() or field.column in ordered:
            continue
        kind = field.get_internal_type()
        if field.null:
            continue
        empty = {"DateTimeField": now, "JSONField": "'[]'", "BooleanField": "false" if on_postgres else "0"}.get(
            kind, "0" if "Integer" in kind else "''"
        )
        ordered[field.column] = empty
    columns = ", ".join(f'"{name}"' for name in ordered)
    values_listed = ", ".join(ordered.values())
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({values_listed}) RETURNING id'  # noqa: S608


main()
