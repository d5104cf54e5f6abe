"""Measurements: run with `./dev bench`; the figures that the README quotes stand in RESULTS.md."""
