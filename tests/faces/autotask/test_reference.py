"""Reference entities: read, counted, described and written alike (section 10)."""

import pytest

from polydesk.faces.autotask.entities import ALL


@pytest.mark.spec("AT-083", "AT-126", "AT-460", "AT-463", "AT-465", "AT-475", "AT-544")
def test_every_entity_answers_query_count_item_and_metadata(api, make):
    make()
    for entity in ALL:
        if entity.needs:
            continue
        items = api.query(entity.name)
        count = api.post(f"{entity.name}/query/count", {"filter": []})["queryCount"]
        assert len(items) == min(count, 500), entity.name
        fields = api.get(f"{entity.name}/entityInformation/fields")["fields"]
        assert [f["name"] for f in fields] == [f.name for f in entity.fields]
        assert api.get(f"{entity.name}/entityInformation")["info"]["canQuery"] is True
        assert "fields" in api.get(f"{entity.name}/entityInformation/userDefinedFields")
        if items:
            found = api.item(entity.name, items[0]["id"])
            assert found == items[0], entity.name
            for name in (f.name for f in entity.fields if f.queryable):
                operator = {"op": "exist", "field": name}
                exists = api.post(f"{entity.name}/query/count", {"filter": [operator]})["queryCount"]
                shown = sum(item[name] not in (None, "") for item in items)
                assert exists == shown, (entity.name, name)
