"""What each address does: decode, one command or query, encode."""
