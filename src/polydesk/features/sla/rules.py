"""Which service level a new ticket gets: the chain of AT-320, once every other rule has completed."""

from __future__ import annotations

from collections.abc import Iterator

from polydesk.tickets.edits import Edit
from polydesk.tickets.rules import completes

from . import plans


@completes
def policy_is_chosen(edit: Edit) -> None:
    """Asset, contract service or bundle, contract, form, organization: the first active one; what the request says,
    null included, wins (AT-320, AT-321, RC-248, RC-288)."""
    if not edit.is_new or "sla" in edit.given:
        return
    for policy_id in _chain(edit):
        plan = _plan(edit, policy_id)
        if plan is not None and plan.policy.is_active:
            edit.set("sla", policy_id)
            return
    edit.set("sla", None)


def _chain(edit: Edit) -> Iterator[int]:
    for name in ("asset", "contract_service", "contract_bundle", "contract"):
        row = edit.row(name)
        if row is not None and row.sla_id:
            yield row.sla_id
    form = edit.row("form")
    if form is not None and form.defaults.get("sla"):
        yield form.defaults["sla"]
    if edit.get("sla"):  # another rule's proposal
        yield edit.get("sla")
    own = edit.batch.rows.once(("sla.policy",), lambda: plans.policy_of(edit.batch.organization_id))
    if own:
        yield own


def _plan(edit: Edit, policy_id: int) -> plans.Plan | None:
    """The plan, which the listener needs as well, and its policy, which the core's own rule looks at: read once."""
    rows = edit.batch.rows
    plan: plans.Plan | None = rows.once(("sla.plan", policy_id), lambda: plans.of([policy_id]).get(policy_id))
    if plan is None or plan.policy.organization_id != edit.batch.organization_id:
        return None
    rows.keep(plan.policy)
    return plan


RULES = (policy_is_chosen,)
