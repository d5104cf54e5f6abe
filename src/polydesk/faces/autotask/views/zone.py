"""Where the desk is, what it is and how much may be asked (AT-003 … AT-008, AT-127)."""

from __future__ import annotations

from django.http import HttpResponse

from .. import auth, limits
from ..answers import answer
from ..errors import NO_ZONE, Failure
from .door import Call

# Modules that clients look at; each can be switched off in the organization's settings (RC-213).
MODULES = {1: "service_desk", 2: "rma", 3: "change_management", 4: "contracts", 5: "projects", 6: "crm"}


def zone_information(call: Call) -> HttpResponse:
    """Needs no credentials; an unknown user has no zone (AT-003, AT-005)."""
    if not auth.is_known(call.parameter("user") or ""):
        raise Failure(NO_ZONE)
    root = f"{call.request.scheme}://{call.request.get_host()}/"
    return answer(
        {
            "zoneName": "Polydesk",
            "url": f"{root}atservicesrest/",
            "webUrl": root,
            "ci": 1,
            "dataBaseType": "Production",
            "ciLevel": 1,
        }
    )


def version_information(call: Call) -> HttpResponse:
    """The versions whose words stand in addresses (AT-006)."""
    return answer({"apiVersions": ["v1.0"]})


def version(call: Call) -> HttpResponse:
    """What answers here (AT-007)."""
    return answer({"majorVersion": 1, "minorVersion": 0, "build": 0, "customerType": "Polydesk"})


def threshold(call: Call) -> HttpResponse:
    """How much of the hour's requests is used (AT-008)."""
    return answer(
        {
            "externalRequestThreshold": limits.threshold(),
            "requestThresholdTimeframe": 60,
            "currentTimeframeRequestCount": limits.used(call.actor),
        }
    )


def modules(call: Call) -> HttpResponse:
    """Which modules are switched on (AT-127)."""
    off = call.tables.settings("modules_off", []) or []
    return answer({"modules": [{"key": key, "value": name not in off} for key, name in MODULES.items()]})  # type: ignore[operator]
