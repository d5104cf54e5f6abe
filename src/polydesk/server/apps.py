"""The server as a Django app: it has no tables, only templates, checks and commands."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "polydesk.server"
    label = "server"

    def ready(self) -> None:
        from polydesk.server import automation, signins, ticks  # noqa: F401
