"""The command `polydesk`: finds the desk, then hands over to one module of `commands/` (PL-002)."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from polydesk.server import config, keys
from polydesk.server.demo import folder

COMMANDS = {
    "init": "make a desk that can be used: organization, administrator, queues, team",
    "serve": "run the web server and the worker",
    "worker": "run background jobs only",
    "demo": "run a desk full of made-up tickets",
    "import": "take over tickets from a file",
    "user": "add, list and change people who sign in",
    "mail": "take, fetch and list what comes in by mail",
    "credentials": "issue, list and revoke keys of the faces",
    "migrate": "bring the database up to date",
    "check": "look for what is wrong with database, files, audit chains and settings",
    "backup": "write everything into one archive while the desk runs",
    "restore": "make a desk from an archive",
    "manage": "run one of Django's own commands",
}
# These may begin with an empty folder; any other command there is a slip of the pen.
BEGINNERS = {"init", "serve", "worker", "demo", "migrate", "restore", "manage"}
LISTENERS = {"serve", "demo"}
# Python keeps the word for itself.
MODULES = {"import": "import_"}
DEMO_FOLDER = "polydesk-demo"
TOLD_TO_MAIL_SERVERS = {os.EX_OK, os.EX_DATAERR, os.EX_NOUSER}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["mail"] and "take" in arguments and not {"-h", "--help"} & set(arguments):
        return _piped(arguments)
    return _main(arguments)


def _piped(arguments: list[str]) -> int:
    """A mail server sends a message back for good when it does not know the status: whatever hinders us is "later"
    (RS-065). That we were told to stop is no success either."""
    try:
        status = _main(arguments)
    except SystemExit:
        status = os.EX_TEMPFAIL
    except Exception as problem:
        print(f"polydesk: {type(problem).__name__}: {problem}", file=sys.stderr)
        status = os.EX_TEMPFAIL
    return status if status in TOLD_TO_MAIL_SERVERS else os.EX_TEMPFAIL


def _main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        _table().parse_args(arguments or ["--help"])
    try:
        return run(arguments[0], arguments[1:])
    except config.ConfigError as problem:
        print(f"polydesk: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(command: str, arguments: list[str]) -> int:
    """Settings first, as Django can be set up only once they are known; then the command's own arguments."""
    # Told to stop while still starting: there is nothing to finish yet. The servers set their own handlers later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asks_for_help = {"-h", "--help"} & set(arguments[:1] if command == "manage" else arguments)
    if command != "manage":
        where, arguments = common().parse_known_args(arguments)
        _into_environment(where, command)
    values = config.load()
    if not asks_for_help:
        _prepare(command, values["DATA_DIR"], bool(values["DATABASE_URL"]))
    return perform(command, arguments)


def perform(command: str, arguments: list[str]) -> int:
    """Imports stand in here, as nothing of Django may be touched before its settings are known."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    import django

    django.setup()
    module = importlib.import_module(f"polydesk.server.commands.{MODULES.get(command, command)}")
    if command == "manage":
        return int(module.run(arguments) or 0)
    parser = argparse.ArgumentParser(
        prog=f"polydesk {command}", description=module.__doc__, parents=[common(command)], allow_abbrev=False
    )
    module.add_arguments(parser)
    options = parser.parse_args(arguments)
    if command not in {*LISTENERS, "worker"}:
        from polydesk.server import preflight

        preflight.database_answers()
    return int(module.run(options) or 0)


def _table() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="polydesk", description="A service desk with many faces.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, sentence in COMMANDS.items():
        commands.add_parser(name, help=sentence)
    return parser


def common(command: str = "serve") -> argparse.ArgumentParser:
    """What every command understands, and where servers listen; each is a setting of that name."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    group = parser.add_argument_group("which desk")
    group.add_argument("--data-dir", metavar="DIR", help="folder of the desk (default: ./polydesk-data)")
    group.add_argument("--database-url", metavar="URL", help="postgres://user:password@host:port/name")
    group.add_argument("--config", metavar="FILE", help="TOML file with settings")
    if command in LISTENERS:
        group.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
        group.add_argument("--port", help="port to listen on (default: 8000)")
    return parser


def _into_environment(where: argparse.Namespace, command: str) -> None:
    for name, value in vars(where).items():
        if value is not None:
            os.environ[config.PREFIX + name.upper()] = value
    if command == "demo":
        os.environ.setdefault(config.PREFIX + "DATA_DIR", DEMO_FOLDER)


def _prepare(command: str, data_dir: Path, has_server: bool) -> None:
    if command not in BEGINNERS and not has_server and not data_dir.is_dir():
        raise config.ConfigError(f"there is no desk in {data_dir} (polydesk init makes one, --data-dir names another)")
    if command == "demo":
        folder.claim(data_dir)
    keys.prepare(data_dir)


if __name__ == "__main__":
    sys.exit(main())
