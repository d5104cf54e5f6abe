"""Automations: what the desk does by itself when something happens to a ticket or time passes over it (RS-049)."""
