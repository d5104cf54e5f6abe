"""The face of Centurion ERP 1.10 to 1.13.1: its API v2 under `/api/v2`."""
