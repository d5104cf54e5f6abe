"""The native API at /api/v1 (see README.md)."""
