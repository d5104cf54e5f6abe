"""How an organization looks to its customers: name, logo and accent colour (PL-252)."""
