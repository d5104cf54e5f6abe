"""The portal's addresses: home, a new request, one request and what can be done with it, articles, files."""

from django.urls import path
from django.views.generic import RedirectView

from .views import acts, brand, home, new, request

HOME = "portal/"
ONE = f"{HOME}requests/<int:number>/"

app_name = "portal"
urlpatterns = [
    path("portal", RedirectView.as_view(pattern_name="portal:home")),
    path(HOME, home.home, name="home"),
    path(f"{HOME}new/", new.write, name="new"),
    path(ONE, request.show, name="request"),
    path(f"{ONE}answer/", acts.answer, name="answer"),
    path(f"{ONE}solved/", acts.close, name="close"),
    path(f"{ONE}reopening/", acts.reopen, name="reopen"),
    path(f"{ONE}rating/", acts.rate, name="rate"),
    path(f"{HOME}articles/<int:number>/", home.article, name="article"),
    path(f"{HOME}brand.css", brand.style, name="style"),
    path(f"{HOME}logo", brand.logo, name="logo"),
    path(f"{HOME}files/<uuid:uuid>/", request.download, name="file"),
]
