"""Tiny host projects: each installs the built wheel alone and lives through a ticket's whole life."""
