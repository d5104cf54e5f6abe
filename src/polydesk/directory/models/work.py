"""What work is done under: projects, contracts, work types, opportunities and service level policies."""

from __future__ import annotations

from django.db import models

from polydesk.web.moments import Moment

from .organization import Owned, Stamped


class Project(Owned, Stamped):
    """A body of work with tasks (RC-059, CE-180)."""

    name = models.CharField(max_length=100)
    code = models.CharField(max_length=40, blank=True, default="")
    description = models.TextField(blank=True, default="")
    company = models.ForeignKey("Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="projects")
    manager = models.ForeignKey("Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.PositiveSmallIntegerField(default=2)
    status = models.CharField(max_length=40, blank=True, default="")
    planned_start = Moment(null=True, blank=True)
    planned_finish = Moment(null=True, blank=True)
    real_start = Moment(null=True, blank=True)
    real_finish = Moment(null=True, blank=True)
    deleted_at = Moment(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Milestone(Owned, Stamped):
    """A stage of a project (RC-060)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    starts_at = Moment(null=True, blank=True)
    ends_at = Moment(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SlaPolicy(Owned, Stamped):
    """A service level agreement; its targets and calendar belong to the SLA feature (RC-089)."""

    key = models.SlugField(max_length=60, blank=True, default="")
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    settings = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class Contract(Owned, Stamped):
    """What a customer has bought (RC-061)."""

    company = models.ForeignKey("Company", on_delete=models.CASCADE, related_name="contracts")
    name = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True, default="")
    description = models.TextField(blank=True, default="")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    type = models.PositiveSmallIntegerField(default=1)
    status = models.PositiveSmallIntegerField(default=1)
    category = models.PositiveSmallIntegerField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    sla = models.ForeignKey(SlaPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    exclusion_contract = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.name


class ContractService(Owned, Stamped):
    """One service line of a contract."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=200)
    service_id = models.BigIntegerField(null=True, blank=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    sla = models.ForeignKey(SlaPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_active = models.BooleanField(default=True)


class ContractBundle(Owned, Stamped):
    """One bundle line of a contract."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="bundles")
    name = models.CharField(max_length=200)
    bundle_id = models.BigIntegerField(null=True, blank=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    sla = models.ForeignKey(SlaPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_active = models.BooleanField(default=True)


class ContractExclusion(Owned):
    """A category that a contract does not cover (AT-291, RC-287). `category_id` names a tickets category."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="exclusions")
    category_id = models.BigIntegerField(null=True, blank=True)
    role = models.ForeignKey("JobRole", null=True, blank=True, on_delete=models.CASCADE, related_name="+")


class WorkType(Owned, Stamped):
    """A billing code; only those of use `work_type` may stand on a ticket (RC-062, RC-285)."""

    name = models.CharField(max_length=100)
    number = models.CharField(max_length=60, blank=True, default="")
    description = models.CharField(max_length=500, blank=True, default="")
    use = models.CharField(max_length=20, default="work_type")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Opportunity(Owned, Stamped):
    """A possible sale (RC-063)."""

    company = models.ForeignKey("Company", on_delete=models.CASCADE, related_name="opportunities")
    title = models.CharField(max_length=128)
    status = models.PositiveSmallIntegerField(default=1)
    stage = models.PositiveSmallIntegerField(null=True, blank=True)
    owner = models.ForeignKey("Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    projected_close_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title
