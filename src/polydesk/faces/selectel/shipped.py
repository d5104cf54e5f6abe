"""The catalogue that the demo loads (SE-173); administrators edit it afterwards, loading again changes nothing."""

from __future__ import annotations

from typing import Any

from polydesk.directory.models import Organization, Product
from polydesk.features.notices.models import Notice
from polydesk.tickets.models import Category, CustomField

FIELDS: tuple[dict[str, Any], ...] = (
    {
        "key": "impact",
        "name": "Impact",
        "type": "choices",
        "extra": {"names": {"en": "Impact", "ru": "Влияние"}},
        "choices": [
            {"value": "high", "label": "The service is down", "names": {"ru": "Сервис недоступен"}},
            {"value": "medium", "label": "The service is limited", "names": {"ru": "Сервис работает с перебоями"}},
            {"value": "low", "label": "The service works", "names": {"ru": "Сервис работает"}},
        ],
    },
    {
        "key": "server_name",
        "name": "Server",
        "type": "text",
        "extra": {"names": {"en": "Server", "ru": "Сервер"}},
    },
    {
        "key": "invoice",
        "name": "Invoice number",
        "type": "text",
        "extra": {"names": {"en": "Invoice number", "ru": "Номер счёта"}},
    },
)

PASS = "Please issue a pass for {{full_name}} on {{date}} to the data center {{data_center}}."

CATEGORIES: tuple[dict[str, Any], ...] = (
    {
        "key": "technical_issue",
        "names": {"en": "Technical issue", "ru": "Технический вопрос"},
        "descriptions": {"en": "Something does not work", "ru": "Что-то не работает"},
        "fields": ["impact", "server_name"],
    },
    {
        "key": "order_consultation",
        "names": {"en": "Pre-Order consultation", "ru": "Консультация перед заказом"},
        "descriptions": {"en": "Help with choosing a service", "ru": "Помощь в выборе услуги"},
        "is_topic": True,
    },
    {
        "key": "finance",
        "names": {"en": "Finance", "ru": "Финансовые вопросы"},
        "descriptions": {"en": "Invoices and payments", "ru": "Счета и платежи"},
        "fields": ["invoice"],
        "is_topic": True,
    },
    {
        "key": "pass_to_data_center",
        "names": {"en": "Pass to the data center", "ru": "Пропуск в дата-центр"},
        "descriptions": {"en": "Access for a visitor", "ru": "Доступ для посетителя"},
        "template": {"body": PASS},
    },
    {
        "key": "abuse",
        "names": {"en": "Abuse", "ru": "Жалобы"},
        "descriptions": {"en": "Complaints about misuse", "ru": "Жалобы на нарушения"},
        "is_abuse": True,
    },
    {
        "key": "colocation_move",
        "names": {"en": "Colocation move", "ru": "Переезд оборудования"},
        "descriptions": {"en": "No longer offered", "ru": "Больше не предлагается"},
        "is_active": False,
    },
)
SUBTOPICS = (("order_consultation", "servers", {"en": "Servers", "ru": "Серверы"}),)

PRODUCTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("", "servers", {"en": "Servers", "ru": "Серверы"}),
    ("", "object_storage", {"en": "Object storage", "ru": "Объектное хранилище"}),
    ("", "network", {"en": "Network", "ru": "Сеть"}),
    ("", "dns", {"en": "DNS", "ru": "DNS"}),
    ("servers", "dedicated_servers", {"en": "Dedicated servers", "ru": "Выделенные серверы"}),
    ("servers", "cloud_servers", {"en": "Cloud servers", "ru": "Облачные серверы"}),
)
NOTICE = {"title": "Maintenance of the network", "notification_categories": ["maintenance"]}


def load(organization: Organization) -> None:
    """Everything above in one organization; what is there already stays as it is."""
    for row in FIELDS:
        CustomField.objects.get_or_create(organization=organization, key=row["key"], defaults=row)
    for position, row in enumerate(CATEGORIES, start=1):
        _category(organization, position * 10, **row)
    for position, (parent, key, names) in enumerate(SUBTOPICS, start=1):
        above = Category.objects.get(organization=organization, key=parent)
        _category(organization, position * 10, key=key, names=names, parent=above, is_topic=True, for_customers=False)
    for position, (parent, key, names) in enumerate(PRODUCTS, start=1):
        _product(organization, position * 10, parent, key, names)
    Notice.objects.get_or_create(organization=organization, title=NOTICE["title"], defaults=NOTICE)


def _category(organization: Organization, position: int, **row: Any) -> None:
    defaults = {"name": row["names"]["en"], "position": position, **row}
    Category.objects.get_or_create(organization=organization, key=row["key"], defaults=defaults)


def _product(organization: Organization, position: int, parent: str, key: str, names: dict[str, str]) -> None:
    above = Product.objects.filter(organization=organization, key=parent).first() if parent else None
    if not Product.objects.filter(organization=organization, key=key).exists():
        Product.objects.create(
            organization=organization, key=key, name=names["en"], names=names, parent=above, position=position
        )
