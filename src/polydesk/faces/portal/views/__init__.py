"""Views: each decodes, asks one query or command, and shows a template."""
