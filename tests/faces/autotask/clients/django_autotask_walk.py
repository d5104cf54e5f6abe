"""What a Django project does with django-autotask: its own tables filled by `atsync`, then changes sent back.

Only the address of the server is Polydesk's. Prints what it saw as JSON."""

import decimal
import io
import json
import logging
import sys

import django
from django.conf import settings

SYNCED = """
ticket_udf status license_type resource priority queue account_type account account_physical_location contract
project_status project display_color ticket_category source issue_type ticket_type sub_issue_type note_type
use_type billing_code role department resource_role_department resource_service_desk_role contact
"""
base, user, secret, code = sys.argv[1:]
options = {"timeout": 30.0, "batch_size": 500, "max_attempts": 1, "batch_query_size": 400}
options |= {"keep_completed_hours": 8, "queue_sync_filter": [], "mass_delete_protection": False}
settings.configure(
    INSTALLED_APPS=["djautotask"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIGRATION_MODULES={"djautotask": None},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    AUTOTASK_SERVER_URL=base,
    AUTOTASK_CREDENTIALS={
        "username": user,
        "password": secret,
        "integration_code": code,
        "rest_api_version": "1.0",
    },
    DJAUTOTASK_CONF_CALLABLE=lambda: options,
)
django.setup()
logging.disable(logging.CRITICAL)

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from djautotask import api, models, sync  # noqa: E402
from djautotask.api import ApiCondition as Is  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
seen = {}


def fetched(name):
    call_command("atsync", name, stdout=io.StringIO())


for name in SYNCED.split():
    fetched(name)
options["queue_sync_filter"] = [models.Queue.objects.get(label="Level I Support").id]
fetched("ticket")
seen["accounts"] = models.Account.objects.filter(name__startswith="Conformance").count()
seen["inactive"] = models.Contact.objects.filter(first_name="Ian").count()
seen["child of"] = models.SubIssueType.objects.get(label="Disk").parent_value.label
seen["udf"] = models.TicketUDF.objects.filter(label="Conf Text").exists()

child = models.Account.objects.get(name="Conformance Child")
desk = models.Queue.objects.get(label="Level I Support")
tess = models.Resource.objects.get(first_name="Tess")
technician = models.Role.objects.get(name="Technician")
tickets = sync.TicketSynchronizer()
ticket = tickets.create(
    title="From Django",
    account=child,
    queue=desk,
    status=models.Status.objects.get(label="New"),
    priority=models.Priority.objects.get(label="High"),
    estimated_hours=decimal.Decimal("1.5"),
)[0]
seen["created"] = [ticket.title, ticket.account.name, ticket.priority.label, str(ticket.estimated_hours)]
ticket = tickets.update(ticket, title="Renamed", assigned_resource=tess, assigned_resource_role=technician)[0]
seen["assigned"] = [ticket.title, ticket.assigned_resource.last_name]
ticket = tickets.update(ticket, assigned_resource=None, assigned_resource_role=None)[0]
seen["cleared"] = ticket.assigned_resource

note = sync.TicketNoteSynchronizer().create(
    ticket, title="Call", description="Rang back", note_type=models.NoteType.objects.get(label="Call"), publish=1
)[0]
seen["note"] = note.description
items = sync.TicketChecklistItemsSynchronizer()
item = items.create(ticket.id, item_name="Cable", important=True)["itemId"]
items.update(ticket.id, id=item, completed=True)
seen["checklist"] = [(i["item_name"], i["completed"], i["important"]) for i in items.get(parent=ticket.id)]
items.delete(ticket.id, id=item)
entry = sync.TimeEntrySynchronizer().create(
    ticket=ticket, resource=tess, role=technician, hours_worked=0.5, date_worked=timezone.now(), summary_notes="Did"
)[0]
seen["time"] = [str(entry.hours_worked), entry.summary_notes]
sam = models.Resource.objects.get(first_name="Sam")
second = sync.TicketSecondaryResourceSynchronizer().create(ticket, resource=sam, role=technician)[0]
sync.TicketSecondaryResourceSynchronizer().delete([second], ticket)
seen["second"] = models.TicketSecondaryResource.objects.count()
files = api.AttachmentInfoAPIClient()
file = files.upload_attachments(ticket.id, {"file": ("a.txt", io.BytesIO(b"hello"))}, "Tickets")["itemId"]
seen["file"] = files.get_attachment(ticket.id, file, "Tickets")["data"]
sync.TicketSynchronizer().fetch_sync_by_id(ticket.id)

pages, url, asked = [], None, api.TicketsAPIClient()
asked.add_condition(Is(op="eq", field="title", value="one of many"))
while url or not pages:
    found = asked.get(url, page_size=500)
    pages.append(len(found["items"]))
    url = found["pageDetails"]["nextPageUrl"]
seen["pages"] = pages


def refused(function, *args, **named):
    try:
        function(*args, **named)
    except api.AutotaskAPIError as error:
        return [type(error).__name__, error.args[0].split(":")[0]]


seen["refusals"] = [
    refused(tickets.update, ticket, queue=None),
    refused(tickets.get_single, 99999999),
    refused(items.delete, ticket.id, id=item),
    refused(api.PhasesAPIClient().get, None),
    refused(api.TicketsAPIClient(password="wrong").get, None),
]
sys.stdout.write(json.dumps(seen) + "\n")
