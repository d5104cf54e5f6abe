"""The WSGI application, loaded by the web worker of `polydesk serve` or by any other WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from polydesk.web import deadlines, stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
application = get_wsgi_application()
stopping.watch()
if settings.WATCHDOG:
    deadlines.WATCHDOG.start()
