"""Translations of outside languages whose wire is not HTTP."""
