"""The reference pages that follow from the code: `python -m polydesk.server.reference docs/reference` writes them."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from polydesk.server import cli
from polydesk.server.config import PREFIX
from polydesk.server.options import SETTINGS

# argparse breaks its lines at the width of the terminal.
WIDTH = "96"
ORIGIN = "<!-- Made from the code by `python -m polydesk.server.reference docs/reference`. -->"


def settings_page() -> str:
    rows = [
        (f"`{PREFIX}{s.name}`", _type(s.read), f"`{s.shown_default}`", s.meaning + (" *Secret.*" if s.secret else ""))
        for s in SETTINGS
    ]
    return _page(
        "Settings",
        "Each is an environment variable, or a line `name = value` in a TOML file: the name in small letters, without"
        f" `{PREFIX}`. The environment wins. An unknown name or a bad value stops the start with one line. The file"
        " must not be readable by others (`chmod 640`).",
        _table(("Setting", "Type", "Default", "Meaning"), rows),
    )


def commands_page() -> str:
    os.environ["COLUMNS"] = WIDTH
    parts = []
    for name, sentence in cli.COMMANDS.items():
        parts.append(f"## polydesk {name}\n\n{sentence[0].upper()}{sentence[1:]}.\n\n```\n{_help(name)}\n```\n")
    return _page("Commands", "All of them understand `--data-dir`, `--database-url` and `--config`.", "\n".join(parts))


def fields_page() -> str:
    from polydesk.tickets.fields import FIELDS

    rows = [(f"`{f.name}`", f.label, f.type.replace("_", " "), f.group, f.model) for f in FIELDS.values()]
    return _page(
        "Fields of a ticket",
        "The engine's own words; each face's page says what it calls them. *Written by* names the right that a change"
        " needs: content (change or triage), triage, import; derived fields follow from others.",
        _table(("Field", "Label", "Type", "Written by", "Refers to"), rows),
    )


def kinds_page() -> str:
    from polydesk.tickets.kinds import KINDS, PRIORITIES, STATUSES

    kinds = [(f"`{k.key}`", k.label, ", ".join(f"`{s}`" for s in k.offered)) for k in KINDS.values()]
    statuses = [
        (f"`{s.key}`", s.label, s.phase, ", ".join(k.key for k in KINDS.values() if k.allows(s.key)))
        for s in STATUSES.values()
    ]
    priorities = [(f"`{p.key}`", p.label, str(p.level)) for p in PRIORITIES.values()]
    return _page(
        "Kinds, statuses, priorities",
        "What is built in; administrators add statuses and priorities as rows.",
        "## Kinds\n\n"
        + _table(("Kind", "Label", "Statuses people choose from"), kinds)
        + "\n## Statuses\n\n"
        + _table(("Status", "Label", "Phase", "Allowed for"), statuses)
        + "\n## Priorities\n\n"
        + _table(("Priority", "Label", "Level"), priorities),
    )


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "fields.md": fields_page,
    "kinds.md": kinds_page,
}


def _help(name: str) -> str:
    module = importlib.import_module(f"polydesk.server.commands.{cli.MODULES.get(name, name)}")
    if name == "manage":
        return "usage: polydesk manage DJANGO-COMMAND [ARGUMENT ...]"
    parser = argparse.ArgumentParser(prog=f"polydesk {name}", add_help=False, parents=[cli.common(name)])
    module.add_arguments(parser)
    shown = io.StringIO()
    for one in (parser, *_verbs(parser)):
        one.print_help(shown)
        shown.write("\n")
    return shown.getvalue().strip()


def _verbs(parser: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _type(read: Callable[..., object]) -> str:
    return read.__name__.replace("|", "\\|")


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _page(title: str, opening: str, body: str) -> str:
    return f"# {title}\n\n{ORIGIN}\n\n{opening}\n\n{body}"


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polydesk.server.settings")
    django.setup()
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
