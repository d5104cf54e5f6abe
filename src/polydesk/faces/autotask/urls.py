"""The vendor's addresses (AT-001, AT-002): matched without regard to case, doubled or trailing slashes.

Django sees one address; `ROUTES` below reads like the vendor's page. `{…}` parts are handed to the view by name."""

from __future__ import annotations

from django.urls import re_path

from .views import describing, door, reading, writing, zone

FREE = (
    # no credentials needed (AT-003, AT-006)
    ("GET", "zoneInformation", zone.zone_information),
    ("GET", "versionInformation", zone.version_information),
)

ROUTES = (
    ("GET", "Version", zone.version),
    ("GET", "ThresholdInformation", zone.threshold),
    ("GET", "Modules", zone.modules),
    # metadata (section 6), also under a parent's address
    ("GET", "{entity}/entityInformation", describing.information),
    ("GET", "{entity}/entityInformation/fields", describing.fields),
    ("GET", "{entity}/entityInformation/userDefinedFields", describing.user_defined_fields),
    ("GET", "{entity}/{parent_id}/{child}/entityInformation", describing.information),
    ("GET", "{entity}/{parent_id}/{child}/entityInformation/fields", describing.fields),
    ("GET", "{entity}/{parent_id}/{child}/entityInformation/userDefinedFields", describing.user_defined_fields),
    # reading (section 4)
    ("GET POST", "{entity}/query", reading.query),
    ("GET POST", "{entity}/query/count", reading.count),
    ("GET POST", "{entity}/query/next", reading.turn_page),
    ("GET POST", "{entity}/query/prev", reading.turn_page),
    ("GET", "{entity}/{id:number}", reading.item),
    ("GET", "{entity}/{parent_id:number}/{child}", reading.children),
    ("GET", "{entity}/{parent_id:number}/{child}/{id:number}", reading.child),
    # writing (sections 5 and 9)
    ("POST", "{entity}", writing.create),
    ("PATCH", "{entity}", writing.update),
    ("PUT", "{entity}", writing.replace),
    ("PATCH", "{entity}/{id:number}", writing.update),
    ("PUT", "{entity}/{id:number}", writing.replace),
    ("DELETE", "{entity}/{id:number}", writing.delete),
    ("POST", "{entity}/{parent_id:number}/{child}", writing.create),
    ("PATCH", "{entity}/{parent_id:number}/{child}", writing.update),
    ("PUT", "{entity}/{parent_id:number}/{child}", writing.replace),
    ("PATCH", "{entity}/{parent_id:number}/{child}/{id:number}", writing.update),
    ("PUT", "{entity}/{parent_id:number}/{child}/{id:number}", writing.replace),
    ("DELETE", "{entity}/{parent_id:number}/{child}/{id:number}", writing.delete),
)

# In any letter case; "(?i)" would break `reverse` for the whole site, which every 404 asks for.
BASE = "".join(f"[{letter}{letter.upper()}]" for letter in "atservicesrest")
urlpatterns = [re_path(rf"^{BASE}(?P<rest>/.*)?$", door.Door(FREE, ROUTES), name="autotask")]
