"""The engine: the one place where tickets are written and read."""
