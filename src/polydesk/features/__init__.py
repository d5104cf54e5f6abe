"""What listens to the engine's events, offers rules and calls commands."""
