"""Notices: announcements of the desk to one customer or to all, that tickets can be opened from (SE-104)."""
