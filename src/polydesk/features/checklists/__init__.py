"""Checklists of a ticket, and libraries of items to copy from (AT-430 … AT-432)."""
