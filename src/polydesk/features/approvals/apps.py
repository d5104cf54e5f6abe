"""Approvals as a Django app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Boards, approvers and votes."""

    name = "polydesk.features.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The board must be active; its members become approvers in the step that names it."""
        from polydesk.tickets import edits, rules

        from .rules import RULES
        from .voting import members_become_approvers

        rules.install(RULES)
        edits.listen(members_become_approvers)
