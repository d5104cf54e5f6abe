"""Who and what tickets are about: tenants, people and their rights, customers, and the things customers own."""

from .access import Credential, Membership, Role, SecurityEvent
from .companies import Company, Site
from .organization import Organization
from .people import JobRole, Person, PersonJobRole, Team, TeamMember
from .things import Asset, Product
from .work import (
    Contract,
    ContractBundle,
    ContractExclusion,
    ContractService,
    Milestone,
    Opportunity,
    Project,
    SlaPolicy,
    WorkType,
)

__all__ = [
    "Asset",
    "Company",
    "Contract",
    "ContractBundle",
    "ContractExclusion",
    "ContractService",
    "Credential",
    "JobRole",
    "Membership",
    "Milestone",
    "Opportunity",
    "Organization",
    "Person",
    "PersonJobRole",
    "Product",
    "Project",
    "Role",
    "SecurityEvent",
    "Site",
    "SlaPolicy",
    "Team",
    "TeamMember",
    "WorkType",
]
