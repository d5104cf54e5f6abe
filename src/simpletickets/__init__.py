"""Ticketing between users and staff for any Django project, on Polydesk's engine (simpletickets.md).

Add `"simpletickets"` to INSTALLED_APPS and include `simpletickets.urls`; nothing else is needed."""
