"""`python -m polydesk.server` is the command `polydesk`."""

import sys

from polydesk.server.cli import main

sys.exit(main())
