"""Tests that need run on one of the two databases alone."""

import pytest
from django.db import connection

without_database = pytest.mark.skipif(connection.vendor == "postgresql", reason="no database is asked: once is enough")
