"""Theme, panes, columns and keys: one small form address for all of them, and the sheet of keys as a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from .. import preferences


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keeps what was chosen and goes back; a script asks quietly and gets nothing to show."""
    quiet = "X-Quiet" in request.headers
    response = HttpResponse(status=204) if quiet else HttpResponseRedirect(back(request))
    chosen = {name: request.POST[name] for name in preferences.CHOICES if name in request.POST}
    if "columns" in request.POST:
        chosen["columns"] = ",".join(name for name in request.POST.getlist("columns") if name.isidentifier())
    preferences.keep(request, response, **chosen)
    if "organization" in request.POST:
        request.session["desk_organization"] = request.POST["organization"]
    return response


def back(request: HttpRequest, otherwise: str = "/") -> str:
    """Where the form came from, if that is a page of ours (RS-136)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    same = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if same and wanted.startswith("/") else otherwise
