"""The thin package a Django project installs to have tickets of its own."""
