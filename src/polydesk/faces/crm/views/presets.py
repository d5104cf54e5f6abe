"""The lists behind preset values (CR-053)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from polydesk.directory.actors import Actor
from polydesk.web.bodies import json_response

from .. import presets
from .door import address


def show(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every list, in display order."""
    listed = {
        "ticketType": presets.types,
        "status": presets.statuses,
        "ticketPriority": presets.priorities,
        "owner": presets.owners,
        "departments": presets.departments,
    }
    return json_response(
        {
            name: [{"id": preset.id, "name": preset.name} for preset in of(actor.organization_id)]
            for name, of in listed.items()
        }
    )


lists = address(GET=show)
