"""The mount of simpletickets as a Django app: its page around the package's templates, its part of the demo."""

from django.apps import AppConfig


class MountConfig(AppConfig):
    name = "polydesk.faces.simpletickets"
    label = "simpletickets_desk"
    default_auto_field = "django.db.models.BigAutoField"
