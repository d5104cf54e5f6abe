"""Incident logs for tests: the real one where it lies beside the project, and a generator of logs of the same shape."""

from __future__ import annotations

import csv
import lzma
import random
from pathlib import Path

REAL = Path(__file__).parents[4] / "shared" / "data" / "incident_event_log.csv.xz"
COLUMNS = [
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
]


def generate(path: Path, incidents: int, seed: int = 1) -> list[dict[str, str]]:
    """Write a log with unknown values and reopenings; answers its rows."""
    dice = random.Random(seed)
    rows = []
    for number in range(1, incidents + 1):
        state, reopened, day = "New", 0, dice.randint(1, 20)
        facts = {
            "number": f"{number:07d}",
            "caller_id": str(dice.randint(1, 20)),
            "opened_at": f"{day}/3/2016 01:{number % 60:02d}",
            "contact_type": dice.choice(("Phone", "Email", "IVR", "?")),
            "category": str(dice.randint(1, 5)),
            "subcategory": str(dice.randint(1, 9)),
            "u_symptom": dice.choice(("?", "7", "8")),
        }
        for step in range(dice.randint(1, 9)):
            rows.append(
                dict.fromkeys(COLUMNS, "?")
                | facts
                | {
                    "incident_state": state,
                    "reopen_count": str(reopened),
                    "sys_mod_count": str(step),
                    "sys_updated_by": str(dice.randint(1, 9)),
                    "sys_updated_at": f"{day + step // 3}/3/2016 0{2 + step % 3}:{dice.randint(10, 59)}",
                    "impact": str(dice.randint(1, 3)),
                    "urgency": str(dice.randint(1, 3)),
                    "priority": str(dice.randint(1, 4)),
                    "assignment_group": str(dice.randint(1, 4)),
                    "assigned_to": dice.choice(("?", "1", "2", "3")),
                }
            )
            following = {"New": ("Active", "Resolved"), "Resolved": ("Active", "Closed"), "Closed": ("Closed",)}
            new = dice.choice(following.get(state, ("Resolved", "Awaiting User Info", "Awaiting Problem", "Active")))
            reopened += state == "Resolved" and new == "Active"
            state = new
    write(path, rows)
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows as the log is written."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path, incidents: int | None = None) -> list[dict[str, str]]:
    """The rows of the first incidents of the real log."""
    rows: list[dict[str, str]] = []
    seen: set[str] = set()
    with lzma.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            seen.add(row["number"])
            if incidents is not None and len(seen) > incidents:
                break
            rows.append(row)
    return rows
