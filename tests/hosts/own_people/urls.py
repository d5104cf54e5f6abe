from django.urls import include, path

from simpletickets import urls as ticket_urls

urlpatterns = [path("tickets/", include(ticket_urls))]
