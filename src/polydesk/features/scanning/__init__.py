"""Files that a scanner has not called clean are held (RS-105)."""
