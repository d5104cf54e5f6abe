"""Importing the history of another desk through the engine (PL-150 … PL-154)."""
