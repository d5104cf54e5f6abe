"""The CRM face: the Tickets API of The Billing Platform under /backend/api/v1/ (crm.md)."""
