"""Who and what tickets are about."""
