"""Reference entities: read, counted, described and written alike (section 10)."""

import pytest

from polydesk.directory.demo import Desk
from polydesk.directory.models import Company, Membership, Person, Role
from polydesk.faces.autotask import demo
from polydesk.faces.autotask.entities import ALL
from polydesk.tickets.models import Event, Ticket

from .conftest import Api


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


def round_trip(api, entity, body, where=None, **changed):
    """Create, read back, change, write the whole back; answers the id."""
    number = api.post(where or entity, body)["itemId"]
    shown = api.item(entity, number)
    for name, value in body.items():
        assert shown[name] == value or (value is True and shown[name] == 1), (entity, name, shown[name])
    api.patch(where or entity, {"id": number, **changed})
    again = api.item(entity, number)
    assert again == {**shown, **changed} | {n: again[n] for n in again if n.startswith("last")}
    api.put(where or entity, again)
    assert api.item(entity, number) == again
    return number


@pytest.mark.spec("AT-460", "AT-461", "AT-462", "AT-084", "AT-015", "RC-322")
def test_companies_contacts_and_locations(api, house):
    owner = Person.objects.get(name="Tess Technician").pk
    body = {"companyName": "New Ltd", "companyType": 1, "phone": "1", "ownerResourceID": owner}
    for field in body:
        api.fails("post", "Companies", {k: v for k, v in body.items() if k != field}, field)
    company = round_trip(api, "Companies", body, city="Bern", isActive=False, companyType=6)
    assert api.item("Companies", company)["companyNumber"] == ""
    child = api.post("Companies", {**body, "companyName": "Child", "parentCompanyID": company})["itemId"]
    for above in (company, child):
        api.fails("patch", "Companies", {"id": company, "parentCompanyID": above}, "parentCompanyID")
    assert Company.objects.get(pk=company).is_supplier is True
    place = f"Companies/{company}/Locations"
    site = round_trip(api, "CompanyLocations", {"name": "HQ", "isPrimary": True}, place, city="Thun")
    people = f"Companies/{company}/Contacts"
    contact = {"firstName": "Ann", "lastName": "New", "isActive": 1, "emailAddress": "ann@new.example"}
    number = round_trip(api, "Contacts", {**contact, "companyLocationID": site}, people, isActive=0, title="Boss")
    assert api.item("Contacts", number)["companyID"] == company
    assert Person.objects.get(pk=number).name == "Ann New"
    for value, field in ((None, "firstName"), (None, "lastName"), (None, "isActive")):
        api.fails("post", people, {**contact, field: value}, field)
    api.post(people, {**contact, "isActive": True}, status=500)  # the address is taken in this company
    assert number in api.ids("Contacts", {"op": "eq", "field": "isActive", "value": "false"})
    assert number not in api.ids("Contacts", {"op": "eq", "field": "isActive", "value": "true"})
    api.fails("post", "Companies/999999/Contacts", contact, "companyID")
    api.post("Contacts", contact, status=405)


@pytest.mark.spec("AT-463", "AT-464", "AT-465", "AT-601", "AT-604", "AT-022", "RC-190")
def test_resources_and_roles(api, house):
    [user] = api.query("Resources", {"op": "eq", "field": "email", "value": demo.API_USER})
    assert (user["licenseType"], user["userName"], user["isActive"]) == (7, demo.API_USER, True)
    tess = api.item("Resources", Person.objects.get(name="Tess Technician").pk)
    technician = api.find("Roles", "name", "Technician")
    assert (tess["firstName"], tess["licenseType"], tess["defaultServiceDeskRoleID"]) == ("Tess", 1, technician)
    held = api.query("ResourceRoleQueues", {"op": "eq", "field": "resourceID", "value": tess["id"]})
    assert len(held) == 3 and held[0]["queueID"] == api.choice("queueID", "Level I Support")
    assert len(api.get(f"Resources/{tess['id']}/ServiceDeskRoles")["items"]) == 3
    bob = Person.objects.get(name="Bob Backoffice").pk
    assert api.query("ResourceServiceDeskRoles", {"op": "eq", "field": "resourceID", "value": bob}) == []
    round_trip(api, "Roles", {"name": "Night shift", "isActive": True, "hourlyRate": 90.5}, description="22 to 6")
    api.post("Resources", {"firstName": "x"}, status=405)


@pytest.mark.spec("AT-466", "AT-467", "AT-468", "AT-469", "AT-470", "AT-473", "AT-606", "AT-607", "AT-608")
def test_agreements_and_things(api, house):
    company = api.find("Companies", "companyName", "Conformance Child")
    own = {"companyID": company}
    sla = api.choice("serviceLevelAgreementID", "Asset SLA", "Contracts")
    body = {**own, "contractName": "Gold", "status": 1, "startDate": "2026-01-01T00:00:00Z"}
    contract = round_trip(api, "Contracts", body, serviceLevelAgreementID=sla, status=0)
    lines = round_trip(
        api, "ContractServices", {"serviceID": 4, "unitPrice": 9.5}, f"Contracts/{contract}/Services", unitPrice=10
    )
    assert api.item("ContractServices", lines)["contractID"] == contract
    round_trip(
        api, "ContractServiceBundles", {"serviceBundleID": 4}, f"Contracts/{contract}/ServiceBundles", unitPrice=1
    )
    product = round_trip(api, "Products", {"name": "Router"}, isEligibleForRma=True)
    body = {**own, "productID": product, "referenceTitle": "Router 1", "serialNumber": "S1"}
    round_trip(api, "ConfigurationItems", body, isActive=False, serviceLevelAgreementID=sla)
    round_trip(api, "Projects", {**own, "projectName": "Move"}, status=2)
    round_trip(api, "Opportunities", {**own, "title": "Sale", "amount": 100}, status=2)
    [code] = api.query("BillingCodes", {"op": "eq", "field": "name", "value": "Travel Expense"})
    assert code["useType"] == 2 and code["isActive"] is True
    api.fails("post", "Contracts", {"companyID": 10**8, "contractName": "x"}, "companyID")
    api.fails("post", "ConfigurationItems", {**own, "serialNumber": "x" * 101}, "serialNumber")
    api.fails("post", "Products", {"name": "x", "isActive": "perhaps"}, "isActive")


@pytest.mark.spec("AT-471", "AT-472", "AT-128", "AT-602", "AT-255")
def test_ticket_categories(api, house):
    [rma] = api.query("TicketCategories", {"op": "eq", "field": "name", "value": "RMA"})
    api.fails("patch", "TicketCategories", {"id": rma["id"], "nickname": "R"}, "RMA")
    [half] = api.query("TicketCategories", {"op": "eq", "field": "name", "value": "Half Due"})
    api.patch("TicketCategories", {"id": half["id"], "nickname": "HD", "displayColorRgb": 255})
    assert api.item("TicketCategories", half["id"]) == {**half, "nickname": "HD", "displayColorRgb": 255}
    api.fails("patch", "TicketCategories", {"id": half["id"], "nickname": "four"}, "nickname")
    api.fails("patch", "TicketCategories", {"id": 3, "isActive": False}, "isActive")
    monitoring = api.choice("ticketCategory", "Monitoring")
    [found] = api.get(f"TicketCategories/{monitoring}/FieldDefaults")["items"]
    assert (found["title"], found["priority"], found["sourceID"]) == ("Monitoring alert", 3, 8)
    assert api.item("TicketCategories", monitoring)["isApiOnly"] is True


@pytest.mark.spec("AT-600", "AT-610", "AT-108")
def test_the_conformance_data_is_added_once(house):
    before = {model: model.objects.count() for model in (Company, Person, Ticket, Event)}
    demo.build(house.house)
    assert {model: model.objects.count() for model in before} == before
    Company.objects.filter(name="Conformance Child").update(name="Tried out")
    demo.build(house.house)
    contact = Person.objects.get(name="Chris Child", company__name="Conformance Child")
    assert contact.is_active and Person.objects.filter(name="Chris Child").count() == 2


@pytest.mark.spec("AT-023", "AT-050")
def test_reference_data_is_written_by_agents_alone(api, house):
    reader = Person.objects.get(name="Sam Second")
    role = Role.objects.create(organization=house.house, key="viewer", name="Viewer", rights=["view:*"])
    Membership.objects.filter(person=reader).update(role=role)
    viewer = Api(demo.issue(reader))
    assert "adequate permissions" in viewer.post("Roles", {"name": "x"}, status=403)[0]
    number = api.ids("Tickets")[0]
    for method, path, body in (
        ("patch", "Tickets", {"id": number, "title": "x"}),
        ("post", f"Tickets/{number}/Notes", {"description": "x", "noteType": 1, "publish": 2}),
        ("post", f"Tickets/{number}/ChecklistItems", {"itemName": "x"}),
    ):
        assert "adequate permissions" in viewer.call(method, path, body, status=403)[0]


@pytest.mark.spec("PL-012", "PL-013", "AT-600", "AT-601", "RC-400")
def test_the_demo_hands_out_credentials_that_work(world):
    desk = Desk(world.house, world.other, world.people, world.acme, world.beta, world.support)
    demo.conformance(desk)
    given = demo.credentials(desk)
    assert set(given) == {"UserName", "Secret", "ApiIntegrationCode"}
    assert Api(given).ids("Tickets")
    own = demo.house(desk)
    assert set(own) == {"anna", "noimpersonation"}
    for headers in own.values():
        assert Api(headers).get("Version")["majorVersion"] == 1
    anna = Api(own["anna"]).item("Resources", world.anna.pk)
    assert anna["defaultServiceDeskRoleID"] == Api(given).find("Roles", "name", "Technician")
