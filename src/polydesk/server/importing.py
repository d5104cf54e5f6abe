"""Shows an import at work: progress, a report of every row that was not taken whole, a summary (PL-150, PL-151)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from polydesk.directory.models import Organization
from polydesk.features.importing import servicenow, table
from polydesk.features.importing.source import UNREADABLE, Summary
from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress

Import = Callable[..., Summary]


def import_log(path: Path, organization: Organization, report: Path | None = None) -> Summary:
    """An incident event log."""
    return _show(path, report, lambda **watch: servicenow.replay(path, organization, **watch))


def import_table(path: Path, mapping: Path, organization: Organization, report: Path | None = None) -> Summary:
    """Any other table."""
    return _show(path, report, lambda **watch: table.import_table(path, table.read_map(mapping), organization, **watch))


def _show(path: Path, report: Path | None, run: Import) -> Summary:
    report = report or settings.DATA_DIR / f"import-{path.name}.log"
    try:
        with _written(report) as note, Progress(f"importing {path.name}", path.stat().st_size) as progress:
            summary = run(report=note, progress=lambda done, total: progress.at(done))
            progress.at(path.stat().st_size)
    except (ValueError, *UNREADABLE) as problem:
        raise ConfigError(str(problem)) from problem
    _tell(summary, report)
    return summary


@contextmanager
def _written(path: Path) -> Iterator[Callable[[int, str, bool], None]]:
    with path.open("w", encoding="utf-8") as file:
        yield (
            lambda line, reason, refused: (
                file.write(f"line {line}: {'refused' if refused else 'noted'}: {reason}\n") and None
            )
        )


def _tell(summary: Summary, report: Path) -> None:
    print(
        f"{summary.tickets:,} incidents, {summary.events:,} events from {summary.rows:,} rows"
        f" ({summary.known:,} known before); {summary.refused:,} refused; {summary.rate:,.0f} rows per second"
    )
    for sentence in summary.first_problems:
        print(f"  {sentence}")
    if summary.refused or summary.noted:
        print(f"{summary.refused + summary.noted:,} remarks in {report}")
