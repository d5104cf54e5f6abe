"""Translations of outside HTTP languages to commands and queries, and back."""
