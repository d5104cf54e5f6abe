"""Plumbing for everything that speaks HTTP; it knows nothing of tickets (see README.md)."""
