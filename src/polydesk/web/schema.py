"""Steps of migrations: all tables of an app at once, and an index that is made while others write.

`CreateTables`: Django renders the models of a project anew after each operation that changes one of them; with many
models that name each other this makes `migrate` (and so the first start and every test run) quadratic. Here the state
is changed as a whole, the new models alone are rendered, and the tables are made from them. The resulting state is the
same: `makemigrations` sees no change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateTables(Operation):
    """Holds the operations of a first migration (CreateModel, AddField, AddIndex, AddConstraint) as one."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, *operations: Any) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, list(self.operations), {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # What is rendered stays: nothing that is there names models which are only made now.
        rendered = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            rendered.render_multiple([state.models[app_label, name.lower()] for name in self._named()])
            state.apps = rendered

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for model in self._models(app_label, schema_editor, to_state):
            schema_editor.create_model(model)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for model in reversed(self._models(app_label, schema_editor, from_state)):
            schema_editor.delete_model(model)

    def _models(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: Any) -> list[Any]:
        models = [state.apps.get_model(app_label, name) for name in self._named()]
        alias = schema_editor.connection.alias
        return [model for model in models if self.allow_migrate_model(alias, model)]

    def _named(self) -> list[str]:
        return [operation.name for operation in self.operations if isinstance(operation, CreateModel)]

    def describe(self) -> str:
        return f"Create {len(self._named())} tables"


class AddIndexBesideWriters(AddIndex):
    """An index that PostgreSQL makes without holding anybody back (RS-183), in a migration with `atomic = False`.

    What a killed attempt left behind is thrown away first, so that it can be started again (RS-185)."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            self._beside_writers(app_label, schema_editor, to_state, ("remove_index", "add_index"))
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            _count_anew(schema_editor, to_state.apps.get_model(app_label, self.model_name)._meta.db_table)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            self._beside_writers(app_label, schema_editor, from_state, ("remove_index",))
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _beside_writers(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: Any, steps: tuple[str, ...]
    ) -> None:
        model = state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            with beside_writers(schema_editor):
                for step in steps:
                    getattr(schema_editor, step)(model, self.index, concurrently=True)


def _count_anew(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Where somebody has had SQLite's statistics taken, an index without any is believed to find next to nothing, and
    chosen for everything. PostgreSQL sees to its own."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if cursor.fetchone():
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute(f"ANALYZE {schema_editor.quote_name(table)}")


@contextmanager
def beside_writers(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """What PostgreSQL does `CONCURRENTLY` waits until everybody who writes now is done, and nobody waits for it."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()[0]
        cursor.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])
