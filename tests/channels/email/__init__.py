"""Mail as a face."""
