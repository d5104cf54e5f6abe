"""One file per page of the vendor's documentation: decode → one command or query → encode."""
