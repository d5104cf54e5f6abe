"""Contracts, billing codes, projects and opportunities (AT-466, AT-467, AT-470, AT-473)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydesk.directory.models import Contract, ContractBundle, ContractService, Opportunity, Project, WorkType

from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import creator, owned, updater

CONTRACTS = Entity(
    name="Contracts",
    fields=(
        identity(),
        Field("companyID", column="company_id", required=True, reference="Companies"),
        Field("contractName", "string", "name", length=100, required=True),
        Field("contractType", column="type", picklist="contractType"),
        Field("status", column="status", picklist="contractStatus"),
        Field("startDate", "datetime", "starts_on", day=True),
        Field("endDate", "datetime", "ends_on", day=True),
        Field("contractNumber", "string", "number", length=50),
        Field("description", "string", "description", length=2000),
        Field("serviceLevelAgreementID", column="sla_id", picklist="sla"),
        Field("exclusionContractID", column="exclusion_contract_id", reference="Contracts"),
        Field("contractExclusionSetID", constant=None, read_only=True),
        Field("isDefaultContract", "boolean", "is_default"),
        Field("timeReportingRequiresStartAndStopTimes", constant=0, read_only=True),
    ),
    rows=owned(Contract),
    create=creator(Contract),
    update=updater(owned(Contract)),
)


def _named(row: Any, given: Mapping[str, Any], incoming: Incoming) -> None:
    row.name = row.name or f"{incoming.entity.path[:-1]} {given.get('serviceID') or given.get('serviceBundleID') or ''}"


def _lines(name: str, path: str, number: str, column: str, model: Any) -> Entity:
    return Entity(
        name=name,
        fields=(
            identity(),
            Field("contractID", column="contract_id", reference="Contracts"),
            Field(number, column=column),
            Field("internalDescription", "string", "name", length=100),
            Field("unitPrice", "decimal", "unit_price"),
            Field("serviceLevelAgreementID", column="sla_id", picklist="sla"),
        ),
        rows=owned(model),
        parent="Contracts",
        path=path,
        parent_field="contractID",
        create=creator(model, parent="contractID", also=_named),
        update=updater(owned(model)),
    )


BILLING_CODES = Entity(
    name="BillingCodes",
    fields=(
        identity(),
        Field("name", "string", "name", length=100, read_only=True),
        Field("description", "string", "description", length=500, read_only=True),
        Field("externalNumber", "string", "number", length=60, read_only=True),
        Field("isActive", "boolean", "is_active", read_only=True),
        Field("useType", column="use", picklist="useType", codes="useType", read_only=True),
        Field("billingCodeType", constant=0, read_only=True),
    ),
    rows=owned(WorkType),
)

PROJECTS = Entity(
    name="Projects",
    fields=(
        identity(),
        Field("companyID", column="company_id", required=True, reference="Companies"),
        Field("projectName", "string", "name", length=100, required=True),
        Field("projectNumber", "string", "code", length=40),
        Field("description", "string", "description", length=2000),
        Field("status", column="extra", json=("autotask", "status"), picklist="projectStatus", null=1),
        Field("startDateTime", "datetime", "planned_start"),
        Field("endDateTime", "datetime", "planned_finish"),
        Field("projectLeadResourceID", column="manager_id", reference="Resources"),
        Field("createDateTime", "datetime", "created_at", read_only=True),
        Field("lastActivityDateTime", "datetime", "updated_at", read_only=True),
    ),
    rows=owned(Project, deleted_at=None),
    create=creator(Project),
    update=updater(owned(Project, deleted_at=None)),
)

OPPORTUNITIES = Entity(
    name="Opportunities",
    fields=(
        identity(),
        Field("companyID", column="company_id", required=True, reference="Companies"),
        Field("title", "string", "title", length=128, required=True),
        Field("status", column="status", picklist="opportunityStatus"),
        Field("stage", column="stage"),
        Field("ownerResourceID", column="owner_id", reference="Resources"),
        Field("amount", "decimal", "amount"),
        Field("projectedCloseDate", "datetime", "projected_close_on", day=True),
        Field("createDate", "datetime", "created_at", read_only=True),
        Field("lastActivity", "datetime", "updated_at", read_only=True),
    ),
    rows=owned(Opportunity),
    create=creator(Opportunity),
    update=updater(owned(Opportunity)),
)

ENTITIES = (
    CONTRACTS,
    _lines("ContractServices", "Services", "serviceID", "service_id", ContractService),
    _lines("ContractServiceBundles", "ServiceBundles", "serviceBundleID", "bundle_id", ContractBundle),
    BILLING_CODES,
    PROJECTS,
    OPPORTUNITIES,
)
