"""The `geo` command: one file for each subcommand; the only package that knows all others."""
