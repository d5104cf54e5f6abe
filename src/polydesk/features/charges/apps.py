"""Charges as a Django app."""

from django.apps import AppConfig


class ChargesConfig(AppConfig):
    """Charges and credits of tickets."""

    name = "polydesk.features.charges"
    label = "charges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Billed charges and posted expenses pin the company; another company takes references away."""
        from polydesk.tickets import edits, rules

        from .rules import RULES, contracts_stay_with_their_company, expenses_move_to_the_new_company

        rules.install(RULES)
        edits.listen(contracts_stay_with_their_company)
        edits.listen(expenses_move_to_the_new_company)
