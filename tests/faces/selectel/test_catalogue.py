"""Categories, fields, products and topics as shipped, and as administrators change them."""

import pytest

from polydesk.directory.models import Product
from polydesk.faces.selectel import shipped
from polydesk.tickets.models import Category, CustomField

pytestmark = pytest.mark.django_db

CATEGORIES = ["technical_issue", "order_consultation", "finance", "pass_to_data_center", "abuse", "colocation_move"]


def keys(answer):
    return [item["key"] for item in answer.body["items"]]


@pytest.mark.spec("SE-160", "SE-163", "SE-173", "SE-174")
def test_categories_in_their_orders(desk, carl):
    answer = carl.get("/support/v2/categories")
    assert keys(answer) == CATEGORIES
    assert all(item.keys() == {"descriptions", "id", "key", "names"} for item in answer.body["items"])
    assert all({"en", "ru"} <= item[name].keys() for item in answer.body["items"] for name in ("names", "descriptions"))
    for query, wanted in {
        "is_only_active=false": CATEGORIES,
        "is_only_active=True": CATEGORIES[:-1],
        "sort_by=key": sorted(CATEGORIES),
        "sort_by=key&sort_by_order=desc": sorted(CATEGORIES, reverse=True),
        "sort_by=view_priority&sort_by_order=desc": CATEGORIES[::-1],
        "sort_by=id": CATEGORIES,
    }.items():
        assert keys(carl.get(f"/support/v2/categories?{query}")) == wanted, query
    Category.objects.filter(key="abuse").update(position=0)
    Category.objects.create(organization=desk.house, name="Internal", for_customers=False)
    nameless = Category.objects.create(organization=desk.house, name="New one", position=999, names={"de": "Neu"})
    assert keys(carl.get("/support/v2/categories")) == ["abuse", *CATEGORIES[:4], "colocation_move", str(nameless.pk)]
    assert carl.get("/support/v2/categories").body["items"][-1]["names"] == {
        "en": "New one",
        "ru": "New one",
        "de": "Neu",
    }
    assert carl.ticket(carl.open(categories=[str(nameless.pk)]))["categories"] == [str(nameless.pk)]


@pytest.mark.spec("SE-161", "SE-163", "SE-173")
def test_fields_of_a_category(desk, carl):
    fields = carl.get("/support/v2/categories/technical_issue/fields").body["items"]
    assert [field["key"] for field in fields] == ["impact", "server_name"]
    assert all(field.keys() == {"key", "names", "values"} and {"en", "ru"} <= field["names"].keys() for field in fields)
    values = fields[0]["values"]
    assert [value["key"] for value in values] == ["high", "medium", "low"] and fields[1]["values"] == []
    assert all(v.keys() == {"key", "localizations"} and {"en", "ru"} <= v["localizations"].keys() for v in values)
    assert carl.get("/support/v2/categories/abuse/fields").body == {"items": []}
    CustomField.objects.filter(key="impact").update(choices=["plain"], extra={}, is_active=True)
    CustomField.objects.filter(key="server_name").update(is_active=False)
    plain = {"key": "plain", "localizations": {"en": "plain", "ru": "plain"}}
    assert carl.get("/support/v2/categories/technical_issue/fields").body["items"] == [
        {"key": "impact", "names": {"en": "Impact", "ru": "Impact"}, "values": [plain]}
    ]


@pytest.mark.spec("SE-162", "SE-163", "SE-173", "RC-166")
def test_products_and_what_is_below_them(carl):
    top = carl.get("/support/v2/products")
    assert keys(top) == ["servers", "object_storage", "network", "dns"]
    assert all(
        item.keys() == {"id", "key", "names"} and {"en", "ru"} <= item["names"].keys() for item in top.body["items"]
    )
    assert keys(carl.get("/support/v2/products?parent=servers")) == ["dedicated_servers", "cloud_servers"]
    assert keys(carl.get("/support/v2/products?parent=servers&sort_by=key")) == ["cloud_servers", "dedicated_servers"]
    assert keys(carl.get("/support/v2/products?parent=dns")) == []
    assert carl.get("/support/v2/products?parent=").code == "PRODUCT_NOT_FOUND"
    Product.objects.filter(key="dns").update(is_active=False)
    assert keys(carl.get("/support/v2/products?sort_by_order=desc")) == ["network", "object_storage", "servers"]


@pytest.mark.spec("SE-171", "SE-172", "SE-173", "SE-163")
def test_topics_have_a_row_for_each_subtopic(desk, carl):
    answer = carl.get("/support/topics")
    assert answer.body["items"][0] == {
        "key": "order_consultation",
        "names": {"en": "Pre-Order consultation", "ru": "Консультация перед заказом"},
        "subtopics": {"key": "servers", "names": {"en": "Servers", "ru": "Серверы"}},
    }
    assert answer.body["items"][1]["subtopics"] is None
    above = Category.objects.get(key="order_consultation")
    Category.objects.create(
        organization=desk.house, parent=above, key="clouds", name="Clouds", names={"de": "Wolken"}, is_topic=True
    )
    rows = carl.get("/support/topics").body["items"]
    assert [(row["key"], (row["subtopics"] or {}).get("key")) for row in rows] == [
        ("order_consultation", "clouds"),
        ("order_consultation", "servers"),
        ("finance", None),
    ]
    assert rows[0]["subtopics"]["names"] == {"en": "Clouds", "ru": "Clouds"}
    raw = carl.http.get("/support/topics", headers={"X-Token": carl.token}).content
    assert "Серверы".encode() in raw and b"\\u" not in raw


@pytest.mark.spec("SE-173", "PL-013")
def test_loading_the_catalogue_again_changes_nothing_that_was_edited(desk):
    Category.objects.filter(key="abuse").update(name="Misuse")
    before = [list(model.objects.order_by("pk").values()) for model in (Category, Product, CustomField)]
    shipped.load(desk.house)
    assert [list(model.objects.order_by("pk").values()) for model in (Category, Product, CustomField)] == before
