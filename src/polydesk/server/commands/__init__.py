"""One module per command: `add_arguments(parser)` and `run(options)`, which answers the exit status."""
