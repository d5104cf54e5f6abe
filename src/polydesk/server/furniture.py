"""What a new organization finds in its rooms (PL-005); priorities and statuses are built in."""

from polydesk.directory.models import Organization, Team
from polydesk.tickets.models import Category, Queue

TEAM = "Support"
QUEUES = ("Service desk", "Field service", "Change control")
CATEGORIES: dict[str, tuple[str, ...]] = {
    "Workplace": ("Computer", "Printer", "Phone", "Accessories"),
    "Accounts and access": ("New account", "Password", "Permissions", "Leaving"),
    "Software": ("Installation", "Licence", "Fault"),
    "Network": ("Wi-Fi", "VPN", "Internet"),
    "Servers and services": ("E-mail", "File share", "Backup"),
    "Other": (),
}
# Categories that stand in the CRM face's list of ticket types from the start (CR-048).
LISTED_TYPES = ("Sales", "Billing", "Technical Support")


def furnish(organization: Organization) -> Team:
    """Idempotent: what exists by its name stays as it is."""
    team, _ = Team.objects.get_or_create(organization=organization, name=TEAM)
    for position, name in enumerate(QUEUES):
        Queue.objects.get_or_create(
            organization=organization,
            name=name,
            defaults={"position": position, "team": team if position == 0 else None},
        )
    for position, (name, children) in enumerate(CATEGORIES.items()):
        parent = _category(organization, name, None, position)
        for place, child in enumerate(children):
            _category(organization, child, parent, place)
    for position, name in enumerate(LISTED_TYPES, start=len(CATEGORIES)):
        Category.objects.get_or_create(
            organization=organization, name=name, parent=None, defaults={"position": position, "in_crm_list": True}
        )
    return team


def _category(organization: Organization, name: str, parent: Category | None, position: int) -> Category:
    found, _ = Category.objects.get_or_create(
        organization=organization, name=name, parent=parent, defaults={"position": position}
    )
    return found
