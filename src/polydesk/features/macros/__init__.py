"""Macros: changes and a text prepared in advance, seen before they are made, then made in one step (PL-202)."""
