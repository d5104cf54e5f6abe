"""The business rules of tickets, each from both sides (section 8)."""

import datetime as dt

import pytest

from polydesk.directory.models import Company, ContractService, Person, WorkType
from polydesk.tickets import commands
from polydesk.tickets.models import Event, Ticket

from .conftest import Api, events


@pytest.fixture
def named(api):
    """Ids of the conformance rows by name."""

    class Named(dict):
        columns = {
            "Companies": "companyName",
            "Contracts": "contractName",
            "ConfigurationItems": "referenceTitle",
            "Opportunities": "title",
            "Projects": "projectName",
        }

        def __call__(self, entity, name):
            if (entity, name) not in self:
                self[entity, name] = api.find(entity, self.columns.get(entity, "name"), name)
            return self[entity, name]

        def person(self, name):
            return Person.objects.get(name=name, organization__key="house").pk

        def choice(self, field, label):
            if (field, label) not in self:
                self[field, label] = api.choice(field, label)
            return self[field, label]

    return Named()


# --- types, problems and incidents -----------------------------------------------------------------------------


@pytest.mark.spec("AT-210", "AT-211", "AT-212", "AT-213", "AT-215", "AT-217", "AT-218", "RC-280")
def test_only_an_incident_is_tied_to_a_problem(api, make):
    problem, plain = make(ticketType=3), make()
    assert api.item("Tickets", plain)["ticketType"] == 1
    before = events(plain)
    api.fails("patch", "Tickets", {"id": plain, "problemTicketId": problem}, "problemTicketId")
    assert events(plain) == before and api.item("Tickets", plain)["problemTicketId"] is None
    api.patch("Tickets", {"id": plain, "ticketType": 2, "problemTicketId": problem})
    found = api.item("Tickets", plain)
    assert (found["ticketType"], found["problemTicketId"]) == (2, problem)
    for kind in (1, 3, 4, 5):
        body = {k: found[k] for k in ("companyID", "title", "status", "priority", "ticketCategory")}
        api.fails("post", "Tickets", {**body, "ticketType": kind, "problemTicketId": problem}, "problemTicketId")
    incident = make(ticketType=2)
    for wrong in (incident, plain, 10**9):
        api.fails("patch", "Tickets", {"id": incident, "problemTicketId": wrong}, "problemTicketId")
    api.fails("patch", "Tickets", {"id": problem, "problemTicketId": problem}, "problemTicketId")


@pytest.mark.spec("AT-214", "AT-216")
def test_a_problem_with_incidents_keeps_its_type(api, make):
    problem = make(ticketType=3)
    incident = make(ticketType=2, problemTicketId=problem)
    for kind in (1, 2, 4, 5):
        api.fails("patch", "Tickets", {"id": problem, "ticketType": kind}, "ticketType")
    for kind in (1, 3, 4, 5):
        for field in ("problemTicketId", "ticketType"):
            api.fails("patch", "Tickets", {"id": incident, "ticketType": kind}, field)
    api.patch("Tickets", {"id": incident, "problemTicketId": None})
    api.patch("Tickets", {"id": problem, "ticketType": 1})
    api.patch("Tickets", {"id": incident, "ticketType": 3})


@pytest.mark.spec("AT-200", "AT-201", "AT-219", "RC-213")
def test_switched_off_modules(api, house, make, named):
    change, plain = make(ticketType=4), make()
    house.house.settings = {"autotask": {"modules_off": ["change_management", "rma"]}}
    house.house.save()
    api.patch("Tickets", {"id": change, "title": "Still editable", "changeInfoField1": "Plan"})
    api.fails("patch", "Tickets", {"id": plain, "ticketType": 4}, "ticketType")
    api.fails(
        "patch", "Tickets", {"id": plain, "ticketCategory": named.choice("ticketCategory", "RMA")}, "ticketCategory"
    )
    assert {"key": 3, "value": False} in api.get("Modules")["modules"]
    house.house.settings = {"autotask": {"modules_off": ["service_desk"]}}
    house.house.save()
    assert "adequate permissions" in api.patch("Tickets", {"id": plain, "title": "x"}, status=403)[0]
    assert api.item("Tickets", plain)["title"] == "Printer down"


@pytest.mark.spec("AT-220", "AT-221", "RC-070")
def test_change_texts_stand_on_any_type(api, make):
    number = make(**{f"changeInfoField{n}": f"text {n}" for n in range(1, 6)})
    api.patch("Tickets", {"id": number, "changeInfoField3": None})
    found = api.item("Tickets", number)
    assert [found[f"changeInfoField{n}"] for n in range(1, 6)] == ["text 1", "text 2", "", "text 4", "text 5"]
    assert api.ids("Tickets", {"op": "eq", "field": "changeInfoField4", "value": "TEXT 4"}) == [number]
    assert number in api.ids("Tickets", {"op": "notExist", "field": "changeInfoField3"})
    api.fails("patch", "Tickets", {"id": number, "changeInfoField5": "x" * 8001}, "changeInfoField5")


# --- approval ------------------------------------------------------------------------------------------------------


@pytest.mark.spec("AT-230", "AT-231", "AT-232", "RC-283")
def test_boards_and_the_approval_status_that_clients_may_set(api, make, named):
    number = make(ticketType=4)
    api.fails(
        "patch",
        "Tickets",
        {"id": number, "changeApprovalBoard": named.choice("changeApprovalBoard", "Old CAB")},
        "changeApprovalBoard",
    )
    api.patch("Tickets", {"id": number, "changeApprovalBoard": named.choice("changeApprovalBoard", "CAB")})

    def state(label):
        return named.choice("changeApprovalStatus", label)

    for label in ("Not Assigned", "Partially Approved", "Approved", "Rejected"):
        api.fails("patch", "Tickets", {"id": number, "changeApprovalStatus": state(label)}, "changeApprovalStatus")
    for label in ("Assigned", "Requested", "Requested", "Assigned"):
        api.patch("Tickets", {"id": number, "changeApprovalStatus": state(label)})
    ticket = Ticket.objects.get(pk=number)
    from polydesk.directory import actors

    commands.edit(ticket, {"approval_status": "approved"}, by=actors.system(ticket.organization_id), via="test")
    api.fails("patch", "Tickets", {"id": number, "changeApprovalStatus": state("Requested")}, "changeApprovalStatus")
    api.patch("Tickets", {"id": number, "changeApprovalStatus": state("Approved")})


@pytest.mark.spec("AT-233", "AT-234")
def test_the_approval_type_follows_the_ticket_type_when_nobody_says(api, house, make, named):
    from polydesk.tickets.models import Form

    number = make(ticketType=4)
    assert api.item("Tickets", number)["changeApprovalType"] == 1
    api.patch("Tickets", {"id": number, "ticketType": 1})
    assert api.item("Tickets", number)["changeApprovalType"] is None
    api.patch("Tickets", {"id": number, "changeApprovalType": 2})
    assert api.item("Tickets", number)["changeApprovalType"] == 2
    api.patch("Tickets", {"id": number, "title": "Another edit"})
    assert api.item("Tickets", number)["changeApprovalType"] is None
    form = Form.objects.get(name="Hidden")
    form.defaults = {**form.defaults, "approval_rule": "one_approver"}
    form.save()
    api.patch("Tickets", {"id": number, "ticketCategory": named.choice("ticketCategory", "Hidden")})
    assert api.item("Tickets", number)["changeApprovalType"] == 2


# --- category, queue, due date -------------------------------------------------------------------------------------


@pytest.mark.spec("AT-250", "AT-251", "AT-252", "AT-253", "AT-254", "AT-255", "AT-256", "RC-218")
def test_categories_fill_in_what_is_not_given(api, house, named):
    company = named("Companies", "Conformance Child")
    base = {
        "companyID": company,
        "title": "x",
        "status": 1,
        "priority": 1,
        "queueID": named.choice("queueID", "Level I Support"),
    }
    assert api.item("Tickets", api.post("Tickets", base)["itemId"])["ticketCategory"] == 3
    monitoring = named.choice("ticketCategory", "Monitoring")
    found = api.item(
        "Tickets",
        api.post("Tickets", {"companyID": company, "status": 1, "ticketCategory": monitoring, "title": None})["itemId"],
    )
    assert found["title"] == "Monitoring alert" and found["priority"] == 3
    assert found["queueID"] == named.choice("queueID", "Monitoring Alert")
    assert found["source"] == named.choice("source", "Monitoring Alert")
    given = api.post("Tickets", {**base, "ticketCategory": monitoring, "source": 2})["itemId"]
    found = api.item("Tickets", given)
    assert (found["title"], found["priority"], found["source"]) == ("x", 1, 2)
    retired = named.choice("ticketCategory", "Retired")
    api.fails("post", "Tickets", {**base, "ticketCategory": retired}, "ticketCategory")
    api.fails("patch", "Tickets", {"id": given, "ticketCategory": retired}, "ticketCategory")
    entries = next(f for f in api.get("Tickets/entityInformation/fields")["fields"] if f["name"] == "ticketCategory")[
        "picklistValues"
    ]
    assert {e["label"]: e["isActive"] for e in entries}["Retired"] is False
    house.house.settings = {}
    ticket = Ticket.objects.get(pk=given)
    from polydesk.tickets.models import Form

    form = Form.objects.get(pk=ticket.form_id)
    form.is_active = False
    form.save()
    api.patch("Tickets", {"id": given, "title": "Still editable", "ticketCategory": monitoring})


@pytest.mark.spec("AT-250")
def test_an_api_user_has_a_default_category_of_its_own(house, named):
    from polydesk.faces.autotask import demo

    own = Api(demo.issue(demo.api_user(house.house, demo.API_USER), form=named.choice("ticketCategory", "No Queue")))
    body = {"companyID": named("Companies", "Conformance Child"), "title": "x", "status": 1, "priority": 1}
    number = own.post("Tickets", body)["itemId"]
    assert own.item("Tickets", number)["ticketCategory"] == named.choice("ticketCategory", "No Queue")


@pytest.mark.spec("AT-260", "AT-310", "RC-219")
def test_the_category_says_whether_a_queue_is_needed(api, named):
    tess, role = named.person("Tess Technician"), named("Roles", "Technician")
    queue = named.choice("queueID", "Level I Support")
    base = {"companyID": named("Companies", "Conformance Child"), "title": "x", "status": 1, "priority": 1}
    errors = api.fails("post", "Tickets", base, "queueID")
    assert any("assignedResourceID" in e for e in errors)
    pair = {"assignedResourceID": tess, "assignedResourceRoleID": role}
    number = api.post("Tickets", {**base, **pair})["itemId"]
    api.fails("patch", "Tickets", {"id": number, "assignedResourceID": None, "assignedResourceRoleID": None}, "queueID")
    api.patch("Tickets", {"id": number, "assignedResourceID": None, "assignedResourceRoleID": None, "queueID": queue})
    api.fails("patch", "Tickets", {"id": number, "queueID": ""}, "queueID")
    strict = {**base, "ticketCategory": named.choice("ticketCategory", "Strict Queue")}
    api.fails("post", "Tickets", {**strict, **pair}, "queueID")
    number = api.post("Tickets", {**strict, "queueID": str(queue)})["itemId"]
    assert api.item("Tickets", number)["queueID"] == queue
    api.post("Tickets", {**base, "ticketCategory": named.choice("ticketCategory", "No Queue")})
    api.fails("post", "Tickets", {**base, "queueID": named.choice("queueID", "Old Queue")}, "queueID")


@pytest.mark.spec("AT-261", "AT-262", "AT-263", "AT-123")
def test_the_due_date_may_be_left_out_when_the_category_makes_it(api, house, named):
    from polydesk.faces.autotask import demo

    base = {"companyID": named("Companies", "Conformance Child"), "title": "x", "status": 1, "priority": 1}
    number = api.post("Tickets", {**base, "ticketCategory": named.choice("ticketCategory", "No Queue")})["itemId"]
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    assert api.item("Tickets", number)["dueDateTime"] == f"{tomorrow}T17:00:00Z"
    for label in ("Manual Due", "Half Due"):
        body = {**base, "ticketCategory": named.choice("ticketCategory", label)}
        api.fails("post", "Tickets", body, "dueDateTime")
        number = api.post("Tickets", {**body, "dueDateTime": "2027-03-01T09:30:00+02:00"})["itemId"]
        assert api.item("Tickets", number)["dueDateTime"] == "2027-03-01T07:30:00Z"
        api.patch("Tickets", {"id": number, "dueDateTime": None})
    fields = api.get("Tickets/entityInformation/fields")["fields"]
    assert next(f for f in fields if f["name"] == "dueDateTime")["isRequired"] is False
    monitor = Api(demo.issue(demo.api_user(house.house, demo.API_USER), rmm=True))
    body = {**base, "ticketCategory": named.choice("ticketCategory", "Monitoring"), "dueDateTime": "2027-01-01"}
    number = monitor.post("Tickets", body)["itemId"]
    assert api.item("Tickets", number)["dueDateTime"] == f"{tomorrow}T17:00:00Z"


@pytest.mark.spec("AT-203", "AT-264", "AT-281", "AT-610", "RC-246")
def test_an_inactive_value_may_stay_but_not_be_chosen(api, make, named):
    held = api.find("Tickets", "title", "Conformance inactive")
    item = api.item("Tickets", held)
    legacy, ian = named.choice("priority", "Legacy"), named.person("Ian Inactive")
    assert (item["priority"], item["contactID"]) == (legacy, ian)
    api.patch("Tickets", {"id": held, "priority": legacy, "contactID": ian, "title": "Conformance inactive (edited)"})
    assert events(held) > 1
    fresh = make()
    api.fails("patch", "Tickets", {"id": fresh, "priority": legacy}, "priority")
    api.fails("patch", "Tickets", {"id": fresh, "contactID": ian}, "contactID")
    api.fails("post", "Tickets", {**_base(api, fresh), "priority": legacy}, "priority")
    api.fails("post", "Tickets", {**_base(api, fresh), "contactID": ian}, "contactID")
    api.patch("Tickets", {"id": held, "priority": 1, "contactID": named.person("Chris Child")})


def _base(api, number):
    item = api.item("Tickets", number)
    return {k: item[k] for k in ("companyID", "title", "status", "priority", "ticketCategory")}


@pytest.mark.spec("AT-265", "AT-266", "AT-267", "AT-268", "RC-160", "RC-168")
def test_source_and_issue_types(api, make, named):
    number = make()
    item = api.item("Tickets", number)
    assert (item["source"], item["issueType"], item["subIssueType"]) == (1, None, None)
    hardware, printer = named.choice("issueType", "Hardware"), named.choice("subIssueType", "Printer")
    install = named.choice("subIssueType", "Install")
    api.fails("patch", "Tickets", {"id": number, "subIssueType": printer}, "subIssueType")
    api.fails("patch", "Tickets", {"id": number, "issueType": hardware, "subIssueType": install}, "subIssueType")
    api.patch("Tickets", {"id": number, "issueType": hardware, "subIssueType": printer})
    item = api.item("Tickets", number)
    assert (item["issueType"], item["subIssueType"]) == (hardware, printer)
    api.patch("Tickets", {"id": number, "subIssueType": named.choice("subIssueType", "Disk")})
    api.fails("patch", "Tickets", {"id": number, "issueType": named.choice("issueType", "Software")}, "subIssueType")
    api.patch("Tickets", {"id": number, "subIssueType": None})
    item = api.item("Tickets", number)
    assert (item["issueType"], item["subIssueType"]) == (hardware, None)
    assert api.ids("Tickets", {"op": "eq", "field": "issueType", "value": hardware}) == [number]
    api.fails("patch", "Tickets", {"id": number, "source": 77}, "source")


@pytest.mark.spec("AT-269", "AT-270", "RC-285")
def test_work_types(api, house, make, named):
    number = make()
    remote, travel = named("BillingCodes", "Remote Support"), named("BillingCodes", "Travel Expense")
    api.fails("patch", "Tickets", {"id": number, "billingCodeID": travel}, "billingCodeID")
    api.patch("Tickets", {"id": number, "billingCodeID": remote})
    house.house.settings = {"autotask": {"work_type_required": True}}
    house.house.save()
    api.fails("patch", "Tickets", {"id": number, "billingCodeID": None}, "billingCodeID")
    api.fails("post", "Tickets", _base(api, number), "billingCodeID")
    api.patch("Tickets", {"id": number, "title": "Unrelated"})
    assert WorkType.objects.get(pk=remote).use == "work_type"


# --- company and what belongs to it -----------------------------------------------------------------------------------


@pytest.mark.spec("AT-280", "AT-282", "AT-283", "AT-284", "AT-286", "AT-287", "AT-292", "RC-221")
def test_what_a_ticket_names_belongs_to_its_company(api, make, named):
    number = make()
    for field, entity, fitting, foreign in (
        ("companyLocationID", "CompanyLocations", "HQ Child", "HQ Other"),
        ("configurationItemID", "ConfigurationItems", "CI plain", "CI other"),
        ("contractID", "Contracts", "Contract SLA", "Contract Other"),
        ("opportunityID", "Opportunities", "Opportunity Child", "Opportunity Other"),
        ("projectID", "Projects", "Project Child", "Project Other"),
    ):
        api.fails("patch", "Tickets", {"id": number, field: named(entity, foreign)}, field)
        api.fails("post", "Tickets", {**_base(api, number), field: named(entity, foreign)}, field)
        api.patch("Tickets", {"id": number, field: named(entity, fitting)})
        api.fails("patch", "Tickets", {"id": number, field: 10**8}, field)
    for contact, fits in (("Chris Child", True), ("Pat Parent", True), ("Olga Other", False)):
        body = {"id": number, "contactID": named.person(contact)}
        if fits:
            api.patch("Tickets", body)
        else:
            api.fails("patch", "Tickets", body, "contactID")
    foreign = api.find("Tickets", "title", "Conformance foreign CI")
    api.patch("Tickets", {"id": foreign, "title": "Conformance foreign CI", "purchaseOrderNumber": "PO-1"})
    Company.objects.filter(name="Conformance Other").update(is_active=False)
    api.fails(
        "post", "Tickets", {**_base(api, number), "companyID": named("Companies", "Conformance Other")}, "companyID"
    )


@pytest.mark.spec("AT-285", "AT-291", "RC-284", "RC-287")
def test_contract_lines_and_exclusions(api, make, named):
    sla = named("Contracts", "Contract SLA")
    line = ContractService.objects.get(contract_id=sla)
    number = make(contractID=sla, contractServiceID=line.pk)
    api.fails(
        "patch", "Tickets", {"id": number, "contractID": named("Contracts", "Contract Excl")}, "contractServiceID"
    )
    from polydesk.directory.models import ContractBundle

    bundle = ContractBundle.objects.create(organization_id=line.organization_id, contract_id=sla, name="Bundle")
    errors = api.patch("Tickets", {"id": number, "contractServiceBundleID": bundle.pk}, status=500)
    assert any("contractServiceBundleID" in e for e in errors)
    excluded = {
        "issueType": named.choice("issueType", "Software"),
        "subIssueType": named.choice("subIssueType", "Excluded Work"),
    }
    for contract, then in (("Contract Excl", named("Contracts", "Contract Fallback")), ("Contract Excl None", None)):
        number = make(contractID=named("Contracts", contract), **excluded)
        assert api.item("Tickets", number)["contractID"] == then
        number = make(contractID=named("Contracts", contract))
        assert api.item("Tickets", number)["contractID"] == named("Contracts", contract)
        api.patch("Tickets", {"id": number, **excluded})
        assert api.item("Tickets", number)["contractID"] == then


@pytest.mark.spec("AT-288", "AT-289", "RC-286", "RC-152")
def test_another_company(api, make, named):
    other = named("Companies", "Conformance Other")
    posted = api.find("Tickets", "title", "Conformance posted")
    api.fails("patch", "Tickets", {"id": posted, "companyID": other}, "companyID")
    sla, tess = named("Contracts", "Contract SLA"), named.person("Tess Technician")
    number = make(
        contractID=sla, companyLocationID=named("CompanyLocations", "HQ Child"), contactID=named.person("Chris Child")
    )
    entry = api.post(
        "TimeEntries",
        {"ticketID": number, "resourceID": tess, "roleID": named("Roles", "Technician"), "hoursWorked": 1},
    )["itemId"]
    assert api.item("TimeEntries", entry)["contractID"] == sla
    api.fails("patch", "Tickets", {"id": number, "companyID": other}, "contactID")
    api.patch("Tickets", {"id": number, "companyID": other, "contactID": None, "companyLocationID": None})
    found = api.item("Tickets", number)
    assert (found["companyID"], found["contractID"], found["companyLocationID"]) == (other, None, None)
    assert api.item("TimeEntries", entry)["contractID"] is None


@pytest.mark.spec("AT-288")
def test_a_billed_charge_pins_the_company(api, make, named, world):
    from polydesk.features.charges import billing
    from polydesk.features.charges.models import Charge

    number = make()
    body = {"name": "Cable", "chargeType": 1, "unitQuantity": 2, "unitPrice": "3.5", "datePurchased": "2026-01-02"}
    charge = api.post(f"Tickets/{number}/Charges", body)["itemId"]
    billing.bill(Charge.objects.get(pk=charge), by=world.actor("anna"), via="test")
    api.fails("patch", "Tickets", {"id": number, "companyID": named("Companies", "Conformance Other")}, "companyID")
    api.delete(f"Tickets/{number}/Charges/{charge}", status=500)
    api.fails("patch", f"Tickets/{number}/Charges", {"id": charge, "name": "Rope"}, "isBilled")


@pytest.mark.spec("AT-288", "AT-289")
def test_expenses_move_with_the_company_until_they_are_posted(api, make, named):
    from polydesk.features.charges.models import Expense

    child, other = named("Companies", "Conformance Child"), named("Companies", "Conformance Other")
    number = make()
    body = {"ticketID": number, "description": "Taxi", "expenseDate": "2026-01-02", "expenseCurrencyExpenseAmount": 9.5}
    taxi = api.post("ExpenseItems", {**body, "projectID": named("Projects", "Project Child")})["itemId"]
    found = api.item("ExpenseItems", taxi)
    assert (found["companyID"], found["expenseDate"], found["taskID"]) == (child, "2026-01-02T00:00:00Z", None)
    assert found["expenseCurrencyExpenseAmount"] == 9.5 and found["isBillableToCompany"] is True
    for wrong, field in (
        ({"ticketID": 10**9}, "ticketID"),
        ({"companyID": other}, "companyID"),
        ({"projectID": named("Projects", "Project Other")}, "projectID"),
        ({"description": None}, "description"),
        ({"expenseDate": "soon"}, "expenseDate"),
    ):
        api.fails("post", "ExpenseItems", {**body, **wrong}, field)
    api.patch("ExpenseItems", {"id": taxi, "description": "Train"})
    assert api.find("ExpenseItems", "description", "TRAIN") == taxi

    api.patch("Tickets", {"id": number, "companyID": other})
    found = api.item("ExpenseItems", taxi)
    assert [found[f] for f in ("companyID", "projectID", "taskID", "ticketID")] == [other, None, None, None]

    Expense.objects.filter(pk=api.post("ExpenseItems", body)["itemId"]).update(posted_at=dt.datetime.now(dt.UTC))
    api.fails("patch", "Tickets", {"id": number, "companyID": child}, "companyID")
    posted = api.find("ExpenseItems", "description", "Taxi")
    api.fails("patch", "ExpenseItems", {"id": posted, "description": "x"}, "billingApprovalDateTime")
    api.fails("delete", f"ExpenseItems/{posted}", None, "billingApprovalDateTime")
    api.delete(f"ExpenseItems/{taxi}")
    api.delete(f"ExpenseItems/{taxi}", status=500)


@pytest.mark.spec("AT-028", "AT-029", "AT-290")
def test_contact_impersonation(api, limited, make, named):
    chris, olga, ian = (named.person(n) for n in ("Chris Child", "Olga Other", "Ian Inactive"))
    base = _base(api, make())
    number = api.post("Tickets", {**base, "createdByContactID": chris})["itemId"]
    found = api.item("Tickets", number)
    assert (found["createdByContactID"], found["creatorResourceID"], found["creatorType"]) == (chris, chris, 2)
    assert found["impersonatorCreatorResourceID"] is None
    pat = named.person("Pat Parent")
    api.post("Tickets", {**base, "createdByContactID": pat})
    api.fails("post", "Tickets", {**base, "createdByContactID": olga}, "createdByContactID")
    api.fails("post", "Tickets", {**base, "createdByContactID": ian}, "createdByContactID")
    api.fails("post", "Tickets", {**base, "createdByContactID": 10**8}, "createdByContactID")
    Company.objects.filter(name="Conformance Parent").update(is_active=False)
    api.fails("post", "Tickets", {**base, "createdByContactID": pat}, "createdByContactID")
    number = limited.post("Tickets", {**base, "createdByContactID": olga})["itemId"]
    found = limited.item("Tickets", number)
    assert (found["createdByContactID"], found["creatorType"]) == (None, 1)


# --- returned goods --------------------------------------------------------------------------------------------------


@pytest.mark.spec("AT-222", "AT-257", "AT-300", "AT-301", "AT-302", "AT-303", "RC-216")
def test_returned_goods(api, make, named):
    rma = named.choice("ticketCategory", "RMA")
    base = {**_base(api, make()), "ticketCategory": rma}
    api.fails("post", "Tickets", base, "configurationItemID")
    api.fails(
        "post",
        "Tickets",
        {**base, "configurationItemID": named("ConfigurationItems", "CI plain")},
        "configurationItemID",
    )
    item = named("ConfigurationItems", "CI rma")
    number = api.post("Tickets", {**base, "configurationItemID": item, "ticketType": 2})["itemId"]
    found = api.item("Tickets", number)
    assert (found["ticketType"], found["contactID"], found["rmaStatus"]) == (4, named.person("Chris Child"), 1)
    api.patch("Tickets", {"id": number, "ticketType": 1, "rmaStatus": 2, "rmaType": 3})
    found = api.item("Tickets", number)
    assert (found["ticketType"], found["rmaStatus"], found["rmaType"]) == (4, 2, 3)
    api.fails(
        "patch",
        "Tickets",
        {"id": number, "configurationItemID": named("ConfigurationItems", "CI plain")},
        "configurationItemID",
    )
    api.fails("patch", "Tickets", {"id": number, "companyID": named("Companies", "Conformance Other")}, "companyID")
    plain = make(rmaStatus=2, rmaType=1)
    for ignored in (3, 999):
        api.patch("Tickets", {"id": plain, "rmaStatus": ignored})
    found = api.item("Tickets", plain)
    assert (found["rmaStatus"], found["rmaType"]) == (None, None)


# --- assignment and co-management ------------------------------------------------------------------------------------


@pytest.mark.spec("AT-310", "AT-311", "AT-312", "AT-314", "RC-222")
def test_resource_and_role(api, make, named):
    tess, technician = named.person("Tess Technician"), named("Roles", "Technician")
    legacy = named("Roles", "Legacy Role")
    number = make()
    errors = api.patch("Tickets", {"id": number, "assignedResourceRoleID": technician}, status=500)
    assert any("assignedResourceID" in e and "assignedResourceRoleID" in e for e in errors)
    for person, role in (
        (tess, None),
        (named.person("Bob Backoffice"), named("Roles", "Back Office")),
        (named.person("Sam Second"), named("Roles", "Engineer")),
        (named.person("Ina Inactive"), technician),
        (tess, legacy),
        (10**8, technician),
        (named.person("Chris Child"), technician),
    ):
        body = {"id": number, "assignedResourceID": person, "assignedResourceRoleID": role}
        api.fails("patch", "Tickets", body, "assignedResource")
    api.patch("Tickets", {"id": number, "assignedResourceID": tess, "assignedResourceRoleID": technician})
    Ticket.objects.filter(pk=number).update(assignee_role=legacy)
    api.patch(
        "Tickets",
        {"id": number, "title": "Unchanged pair", "assignedResourceID": tess, "assignedResourceRoleID": legacy},
    )
    assert api.item("Tickets", number)["status"] == 1


@pytest.mark.spec("AT-313", "AT-440", "RC-046", "RC-142")
def test_primary_and_secondary_resources(api, make, named):
    tess, sam, role = named.person("Tess Technician"), named.person("Sam Second"), named("Roles", "Technician")
    number = make(assignedResourceID=tess, assignedResourceRoleID=role)
    where = f"Tickets/{number}/SecondaryResources"
    second = api.post(where, {"resourceID": sam, "roleID": role})["itemId"]
    found = api.get(f"{where}/{second}")["item"]
    assert (found["id"], found["ticketID"], found["resourceID"], found["roleID"]) == (second, number, sam, role)
    api.fails("post", where, {"resourceID": sam, "roleID": role}, "resourceID")
    api.fails("post", where, {"resourceID": tess, "roleID": role}, "resourceID")
    api.fails("post", where, {"resourceID": sam}, "roleID")
    api.fails(
        "post",
        where,
        {"resourceID": named.person("Bob Backoffice"), "roleID": named("Roles", "Back Office")},
        "resourceID",
    )
    api.fails(
        "patch",
        "Tickets",
        {"id": number, "assignedResourceID": sam, "assignedResourceRoleID": role},
        "assignedResourceID",
    )
    assert api.delete(f"{where}/{second}") == {"itemId": second}
    assert "No matching records found" in api.delete(f"{where}/{second}", status=500)[0]
    api.patch("Tickets", {"id": number, "assignedResourceID": sam, "assignedResourceRoleID": role})


@pytest.mark.spec("AT-315", "AT-316")
def test_comanagement(api, make, named):
    cora, tess, role = named.person("Cora Comanaged"), named.person("Tess Technician"), named("Roles", "Technician")
    hidden = {
        "ticketCategory": named.choice("ticketCategory", "Hidden"),
        "assignedResourceID": cora,
        "assignedResourceRoleID": role,
    }
    found = api.item("Tickets", make(**hidden))
    assert found["isAssignedToComanaged"] is True and found["isVisibleToComanaged"] is True
    api.fails(
        "post", "Tickets", {**_base(api, found["id"]), **hidden, "isVisibleToComanaged": False}, "isVisibleToComanaged"
    )
    api.patch("Tickets", {"id": found["id"], "assignedResourceID": tess, "assignedResourceRoleID": role})
    assert api.item("Tickets", found["id"])["isAssignedToComanaged"] is False
    plain = make(ticketCategory=hidden["ticketCategory"])
    assert api.item("Tickets", plain)["isVisibleToComanaged"] is False
    assert plain in api.ids("Tickets", {"op": "eq", "field": "isVisibleToComanaged"})
    api.post(f"Tickets/{plain}/SecondaryResources", {"resourceID": cora, "roleID": role})
    assert api.item("Tickets", plain)["isAssignedToComanaged"] is True


# --- stamps, numbers, the rest ----------------------------------------------------------------------------------------


@pytest.mark.spec("AT-202", "AT-330", "AT-332", "AT-333", "AT-334")
def test_completing_and_the_stamps(api, make):
    number = make()
    api.post(f"Tickets/{number}/ChecklistItems", {"itemName": "Check the cable", "isImportant": True})
    before = api.item("Tickets", number)
    api.patch("Tickets", {"id": number, "status": 5})
    done = api.item("Tickets", number)
    assert done["completedDate"] and done["completedByResourceID"] == done["creatorResourceID"]
    assert done["lastTrackedModificationDateTime"] >= before["lastTrackedModificationDateTime"]
    assert done["lastActivityResourceID"] == done["creatorResourceID"] and done["lastActivityPersonType"] == 1
    api.patch("Tickets", {"id": number, "status": 8})
    open_again = api.item("Tickets", number)
    assert (open_again["completedDate"], open_again["completedByResourceID"]) == (None, None)
    api.patch("Tickets", {"id": number, "status": 8})
    assert api.item("Tickets", number) == open_again
    api.post(f"Tickets/{number}/Notes", {"description": "inside", "noteType": 1, "publish": 2})
    inside = api.item("Tickets", number)
    assert inside["lastCustomerVisibleActivityDateTime"] == open_again["lastCustomerVisibleActivityDateTime"]
    assert inside["lastTrackedModificationDateTime"] == open_again["lastTrackedModificationDateTime"]
    assert inside["lastActivityDate"] >= open_again["lastActivityDate"]


@pytest.mark.spec("AT-335", "AT-014", "RC-079", "RC-080", "RC-329")
def test_hours(api, make, named):
    number = make(estimatedHours="2.5")
    found = api.item("Tickets", number)
    assert (found["estimatedHours"], found["hoursToBeScheduled"]) == (2.5, 2.5)
    tess, role = named.person("Tess Technician"), named("Roles", "Technician")
    api.post("TimeEntries", {"ticketID": number, "resourceID": tess, "roleID": role, "hoursWorked": 1})
    assert api.item("Tickets", number)["hoursToBeScheduled"] == 1.5
    api.patch("Tickets", {"id": number, "estimatedHours": 1.3333})
    assert Ticket.objects.get(pk=number).estimate == 4800
    before = events(number)
    api.patch("Tickets", {"id": number, "estimatedHours": "1.3333"})
    assert events(number) == before
    assert api.ids("Tickets", {"op": "eq", "field": "estimatedHours", "value": 1.3333}) == [number]
    assert api.ids("Tickets", {"op": "between", "field": "hoursToBeScheduled", "value": [0.3, 0.4]}) == [number]
    api.patch("Tickets", {"id": number, "estimatedHours": ""})
    found = api.item("Tickets", number)
    assert (found["estimatedHours"], found["hoursToBeScheduled"]) == (None, None)
    api.fails("patch", "Tickets", {"id": number, "estimatedHours": -1}, "estimatedHours")


@pytest.mark.spec("AT-336", "RC-185", "RC-186", "RC-187", "RC-188")
def test_the_thermometer_shows_ratings(api, make, world):
    number = make()
    assert api.item("Tickets", number)["currentServiceThermometerRating"] is None
    for scale, score, now, before, trend in (
        ("five_points", 4, 4, None, None),
        ("ten_points", 5, 3, 4, 1),
        ("plus_minus", 1, 5, 3, 3),
        ("ten_points", 10, 5, 5, 2),
    ):
        commands.rate(number, scale=scale, score=score, by=world.actor("anna"), via="test")
        found = api.item("Tickets", number)
        assert found["currentServiceThermometerRating"] == now
        assert found["previousServiceThermometerRating"] == before
        assert found["serviceThermometerTemperature"] == trend
    assert api.ids("Tickets", {"op": "eq", "field": "serviceThermometerTemperature", "value": 2}) == [number]


@pytest.mark.spec("AT-340", "AT-341", "AT-342", "AT-343", "AT-344", "RC-022", "RC-349")
def test_ticket_numbers(api, make):
    today = dt.datetime.now(dt.UTC).strftime("T%Y%m%d")
    number = make()
    shown = api.item("Tickets", number)["ticketNumber"]
    assert shown == f"{today}.{number:04d}"
    chosen = make(ticketNumber="T20200615")
    assert api.item("Tickets", chosen)["ticketNumber"] == f"T20200615.{chosen:04d}"
    for wrong in ("T20200615.0001", "X20200615", "T20201301", "T29990101", "T2020", "nonsense"):
        assert api.item("Tickets", make(ticketNumber=wrong))["ticketNumber"].startswith(today)
    api.patch("Tickets", {"id": number, "ticketNumber": "T20200101"})
    assert api.item("Tickets", number)["ticketNumber"] == shown
    assert api.ids("Tickets", {"op": "eq", "field": "ticketNumber", "value": shown.lower()}) == [number]
    assert api.ids("Tickets", {"op": "beginsWith", "field": "ticketNumber", "value": "T20200615"}) == [chosen]


@pytest.mark.spec("AT-107", "AT-140", "RC-182", "RC-031")
def test_text_is_plain_and_keeps_its_limits(api, make, world):
    number = make(description="<b>bold</b> & *text*")
    assert api.item("Tickets", number)["description"] == "<b>bold</b> & *text*"
    assert Ticket.objects.get(pk=number).description_format == "plain"
    commands.edit(
        number,
        {"description": "**rich**" * 2000, "description_format": "markdown"},
        by=world.actor("anna"),
        via="native",
    )
    item = api.item("Tickets", number)
    assert len(item["description"]) == 16_000
    before = events(number)
    api.put("Tickets", item)
    assert events(number) == before and Ticket.objects.get(pk=number).description_format == "markdown"
    errors = api.fails("patch", "Tickets", {"id": number, "description": "x" * 8001}, "description")
    assert any("8000" in e for e in errors)
    api.patch("Tickets", {"id": number, "description": "plain now"})
    assert Ticket.objects.get(pk=number).description_format == "plain"
    for field, limit in (("title", 255), ("purchaseOrderNumber", 50), ("externalID", 50), ("resolution", 32000)):
        api.fails("patch", "Tickets", {"id": number, field: "x" * (limit + 1)}, field)
        api.patch("Tickets", {"id": number, field: "y" * limit})


@pytest.mark.spec("AT-109", "AT-447", "RC-097", "RC-101", "RC-181")
def test_history(api, make):
    number = make()
    api.patch("Tickets", {"id": number, "title": "Changed", "priority": 1})
    lines = api.query("TicketHistory", {"op": "eq", "field": "ticketID", "value": number})
    assert lines[0]["action"] == "Created" and {"title changed", "priority changed"} <= {x["action"] for x in lines}
    assert len({x["id"] for x in lines}) == len(lines) and all(x["id"] < 2**53 for x in lines)
    assert api.item("TicketHistory", lines[1]["id"]) == lines[1]
    assert api.get(f"Tickets/{number}/History")["items"] == lines
    api.fails("post", "TicketHistory/query", {"filter": []}, "ticketID")
    assert Event.objects.filter(ticket_id=number).count() == 2
