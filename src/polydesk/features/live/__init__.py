"""Live: what changes and who is there, as it happens (PL-108, PL-204)."""
