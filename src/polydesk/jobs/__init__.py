"""Do this later: work that outlives the request which asked for it (see README.md)."""

# Not the models: this file is imported while Django still loads its apps.
from polydesk.jobs.queue import later, later_each
from polydesk.jobs.registry import GiveUp, Retry, job, tick

__all__ = ["GiveUp", "Retry", "job", "later", "later_each", "tick"]
