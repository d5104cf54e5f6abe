"""The tag by which allauth's pages take on our look."""
