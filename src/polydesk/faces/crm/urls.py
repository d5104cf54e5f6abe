"""The addresses of the CRM API (CR-001 … CR-014), each with and without its trailing slash."""

from django.urls import re_path

from .views import activities, customers, presets, tickets
from .views.door import nowhere

urlpatterns = [
    re_path(r"^tickets/?$", tickets.collection),
    re_path(r"^tickets/(?P<ticket_id>[0-9]+)/?$", tickets.single),
    re_path(r"^tickets/(?P<ticket_id>[0-9]+)/ticketActivities/?$", activities.of_ticket),
    re_path(r"^customers/?$", customers.collection),
    re_path(r"^customers/(?P<customer_id>[0-9]+)/?$", customers.single),
    re_path(r"^customers/(?P<customer_id>[0-9]+)/tickets/?$", tickets.of_customer),
    re_path(r"^ticketActivities/?$", activities.collection),
    re_path(r"^ticketActivities/(?P<activity_id>[0-9]+)/?$", activities.single),
    re_path(r"^presetValues/?$", presets.lists),
    re_path(r"", nowhere),
]
