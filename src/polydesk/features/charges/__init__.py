"""What is billed on a ticket beside time: charges, and credits for returned goods (AT-443, AT-445)."""
