"""A made-up desk to try everything on: two organizations, their people, a few hundred tickets (PL-010 … PL-013)."""
