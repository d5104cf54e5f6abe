"""The Selectel face: Tickets API v1.2.0, both families, under /support and /support/v2 (selectel.md)."""
