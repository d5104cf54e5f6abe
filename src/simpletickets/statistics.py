"""The two boxes: how many are solved, and how long it took (ST-088 … ST-090)."""

from __future__ import annotations

from typing import Any

from . import settings
from .models import Ticket, humanized
from .people import Visitor

SOLVED_PHASES = ("solved", "closed", "dropped")


def boxes(visitor: Visitor) -> dict[str, Any]:
    """What the boxes show this visitor; each can be switched off for staff and for owners."""
    audience = "STAFF" if visitor.works else "OWNER"
    numbers = bool(getattr(settings, f"ST_SETT_NUMBERS_{audience}"))
    times = bool(getattr(settings, f"ST_SETT_TIMES_{audience}"))
    found: dict[str, Any] = {"stt_numb": numbers, "statistic_times": times}
    if not (numbers or times):
        return found
    phases = list(Ticket.objects.counting_for(visitor).values_list("phase", "created_at", "solved_at"))
    solved = sum(phase in SOLVED_PHASES for phase, _, _ in phases)
    found["porc_solved"] = solved * 100 // len(phases) if phases else 100
    found["porc_pending"] = 100 - found["porc_solved"]
    spans = [int((end - start).total_seconds()) for phase, start, end in phases if phase in SOLVED_PHASES and end]
    found["fastest"] = humanized(min(spans)) if spans else "N/A"
    found["media"] = humanized(sum(spans) // len(spans)) if spans else "N/A"
    return found
