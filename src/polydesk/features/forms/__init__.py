"""Ticket forms: defaults and demands that form-aware requests honour (RC-040, RC-216 … RC-219)."""
