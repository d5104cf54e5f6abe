"""The package `simpletickets` in the standalone server, under /tickets/ (PL-015)."""
