"""Files of a form, stored before the command that takes them."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from polydesk.tickets import commands
from polydesk.tickets.refusals import refuse
from polydesk.web import files

MOST_FILES = 10


def of(request: HttpRequest) -> list[commands.NewFile]:
    sent = request.FILES.getlist("files")
    if len(sent) > MOST_FILES:
        raise refuse("too_many_files", "files", _("At most %(n)d files at once.") % {"n": MOST_FILES})
    kept = []
    for file in sent:
        try:
            stored = files.store(file.chunks())
        except files.TooLarge:
            raise refuse("too_large", "files", _("A file may have at most 25 MB.")) from None
        kept.append(commands.NewFile(files.safe_name(file.name or ""), stored.size, stored.sha256, stored.kind))
    return kept
