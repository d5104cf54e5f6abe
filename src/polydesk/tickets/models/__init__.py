"""The engine's rows."""

from .attachment import Attachment
from .comment import Comment, CommentCategory, TimeEntry
from .event import Event
from .filing import Category, CustomField, Form, Priority, Queue, Status, Tag
from .rating import Rating
from .relation import AccessProject, Participant, Relation, TicketItem, TicketTag
from .ticket import Ticket

__all__ = [
    "AccessProject",
    "Attachment",
    "Category",
    "Comment",
    "CommentCategory",
    "CustomField",
    "Event",
    "Form",
    "Participant",
    "Priority",
    "Queue",
    "Rating",
    "Relation",
    "Status",
    "Tag",
    "Ticket",
    "TicketItem",
    "TicketTag",
    "TimeEntry",
]
