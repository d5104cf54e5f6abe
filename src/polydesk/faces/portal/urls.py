"""The portal's addresses: home, a new request, one request and what can be done with it, articles, files."""

from django.urls import path

from .views import acts, home, new, request

ONE = "requests/<int:number>/"

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("new/", new.write, name="new"),
    path(ONE, request.show, name="request"),
    path(f"{ONE}answer/", acts.answer, name="answer"),
    path(f"{ONE}solved/", acts.close, name="close"),
    path(f"{ONE}reopening/", acts.reopen, name="reopen"),
    path(f"{ONE}rating/", acts.rate, name="rate"),
    path("articles/<int:number>/", home.article, name="article"),
    path("files/<uuid:uuid>/", request.download, name="file"),
]
