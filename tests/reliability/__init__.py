"""Proofs that what was answered is kept, happened once, and left nothing half-written."""
