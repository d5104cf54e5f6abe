"""Mail as a face."""

import pytest
from django.db import connection

without_database = pytest.mark.skipif(connection.vendor == "postgresql", reason="no database is asked: once is enough")
