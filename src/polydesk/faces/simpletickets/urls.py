"""The package's addresses under /tickets/."""

from django.urls import include, path

urlpatterns = [path("", include("simpletickets.urls"))]
