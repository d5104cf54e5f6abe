"""Do this later: work that outlives the request which asked for it."""
