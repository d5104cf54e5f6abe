"""Canned replies as a Django app."""

from django.apps import AppConfig


class RepliesConfig(AppConfig):
    """Answers prepared in advance."""

    name = "polydesk.features.replies"
    label = "replies"
    default_auto_field = "django.db.models.BigAutoField"
