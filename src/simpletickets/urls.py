"""The addresses: `path("tickets/", include("simpletickets.urls"))`, under any prefix (ST-004, ST-005)."""

from django.urls import path, register_converter

from . import api, settings
from .views import Root, TicketAttachment, TicketCreate, TicketDelete, TicketList, TicketMonitor, TicketUpdate


class ApiBase:
    """The prefix in force, while the JSON addresses are switched on (ST-077, ST-078)."""

    regex = ".+?"

    def to_python(self, value: str) -> str:
        if not settings.ST_REST_API or value != str(settings.API_BASE_URL).strip("/"):
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(ApiBase, "st_api")

urlpatterns = [
    path("", Root.as_view(), name="ticketRoot"),
    path("list/", TicketList.as_view(), name="ticketList"),
    path("new-ticket/", TicketCreate.as_view(), name="newTicket"),
    path("edit-ticket-<int:ST_id>/", TicketUpdate.as_view(), name="TicketUpdate"),
    path("delete-ticket-<int:ST_id>/", TicketDelete.as_view(), name="TicketDelete"),
    path("monitor-ticket-<int:ST_id>/", TicketMonitor.as_view(), name="TicketMonitor"),
    path("attachment-ticket-<int:ST_id>/", TicketAttachment.as_view(), name="TicketAttachment"),
    path("<st_api:base>/list-create/", api.list_create, name="api_list_create"),
    path("<st_api:base>/ticket-<int:ST_id>-update-destroy/", api.update_destroy, name="api_update_destroy"),
    path("<st_api:base>/staff-list/", api.staff_list_, name="api_staff_list"),
    path("<st_api:base>/staff-ticket-<int:ST_id>-update/", api.staff_update, name="api_staff_update"),
]
