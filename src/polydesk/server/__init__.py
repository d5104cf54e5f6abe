"""Settings, addresses, command line: wires everything together, and nobody imports it."""
