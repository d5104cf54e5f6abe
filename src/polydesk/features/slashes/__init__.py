"""Commands inside text: `/spend`, `/link`, `/relate`, `/blocks`, `/blocked_by` (CE-150 … CE-162, RC-183)."""

from .grammar import Command, find, in_words, rewrite
from .running import Plan, booking, plan, relate

__all__ = ["Command", "Plan", "booking", "find", "in_words", "plan", "relate", "rewrite"]
