"""The verbs: the only way to write a ticket. Each says who acts (`by`) and through what (`via`), locks, asks access,
lets the rules speak, and leaves one event per changed ticket.

Raises `Missing` (not there or not visible), `Denied` (no right, with the reason), `Refused` (broken rules, all),
`Stale` (the ticket moved on since `if_version`)."""

from .entries import (
    add_comment,
    add_time,
    attach,
    detach,
    edit_comment,
    edit_time,
    mark_read,
    remove_comment,
    remove_time,
)
from .fields import Outcome, assign, close, create, edit, reopen, settle_due
from .files import NewFile, NewLink, upload
from .joining import link, merge, split, unlink
from .rating import rate
from .removal import purge, remove, restore
from .undoing import Undone, undo

comment = add_comment

__all__ = [
    "NewFile",
    "NewLink",
    "Outcome",
    "Undone",
    "add_comment",
    "add_time",
    "assign",
    "attach",
    "close",
    "comment",
    "create",
    "detach",
    "edit",
    "edit_comment",
    "edit_time",
    "link",
    "mark_read",
    "merge",
    "purge",
    "rate",
    "remove",
    "remove_comment",
    "remove_time",
    "reopen",
    "restore",
    "settle_due",
    "split",
    "undo",
    "unlink",
    "upload",
]
