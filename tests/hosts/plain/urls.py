from django.contrib import admin
from django.urls import include, path

from simpletickets import urls as ticket_urls

urlpatterns = [path("admin/", admin.site.urls), path("tickets/", include(ticket_urls))]
