from django.urls import include, re_path

urlpatterns = [re_path(r"^help/desk/", include("simpletickets.urls"))]
