"""The customers' web, at /portal/: ask, follow, answer, close (PL-250 … PL-252)."""
