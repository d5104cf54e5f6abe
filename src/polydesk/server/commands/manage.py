"""Django's own commands on this desk's settings."""

from django.core.management import execute_from_command_line


def run(arguments: list[str]) -> int:
    execute_from_command_line(["polydesk manage", *arguments])
    return 0
