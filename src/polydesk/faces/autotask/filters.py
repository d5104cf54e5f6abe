"""The filter language (AT-064 … AT-075): parsed and checked once, then compiled to SQL or asked of shown items.

Both ways mean the same (a test holds them equal on random filters): they compare what this face shows (RC-111)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, FloatField, Q, Value
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Round

from . import values
from .errors import Failure
from .fields import NOTHING, Entity, Field, udf_field
from .folding import Folded, fold
from .tables import Tables

COMPARISONS = ("eq", "noteq", "gt", "gte", "lt", "lte", "beginswith", "endswith", "contains")
ALIASES = {"ne": "noteq", "isnull": "notexist", "isnotnull": "exist"}
TEXT_ONLY = ("beginswith", "endswith", "contains")
MOST = 500
MOST_CONDITIONS = 900
DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison with a value of the field's type; for `in` and `notin` a tuple of them."""

    field: Field
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by `and` or `or`."""

    op: str
    items: tuple[Condition | Group, ...]


def parse(entity: Entity, raw: Any, tables: Tables) -> Group:
    """The filter of a query, checked; Failure names the field or operator that is wrong."""
    if not isinstance(raw, list):
        raise Failure("filter: a list of conditions is required.")
    reader = _Reader(entity, tables)
    group = Group("and", tuple(reader.node(item, 1, "and") for item in raw))
    if reader.udfs > 1:
        raise Failure("udf: a query can have only one condition on a user-defined field.")
    if reader.alternatives > MOST:
        raise Failure(f"filter: a query can have at most {MOST} OR conditions.")
    return group


class _Reader:
    def __init__(self, entity: Entity, tables: Tables) -> None:
        self.entity, self.tables = entity, tables
        self.udfs = self.alternatives = self.conditions = 0

    def node(self, raw: Any, depth: int, joined: str) -> Condition | Group:
        if not isinstance(raw, Mapping):
            raise Failure("filter: a condition must be an object with op and field.")
        if depth > DEEPEST:
            raise Failure(f"filter: groups can be nested at most {DEEPEST} levels deep.")
        given = {str(key).lower(): value for key, value in raw.items()}
        op = given.get("op")
        if not isinstance(op, str) or not op:
            raise Failure("op: every condition needs an operator.")
        word = ALIASES.get(op.lower(), op.lower())
        if word in ("and", "or"):
            items = given.get("items")
            if not isinstance(items, list) or not items:
                raise Failure(f"op {op}: a group needs items.")
            return Group(word, tuple(self.node(item, depth + 1, word) for item in items))
        self.conditions += 1
        self.alternatives += joined == "or"
        if self.conditions > MOST_CONDITIONS:
            raise Failure(
                f"filter: a query can have at most {MOST_CONDITIONS} conditions ({MOST} of them joined by OR)."
            )
        return self.condition(given, op, word)

    def condition(self, given: Mapping[str, Any], op: str, word: str) -> Condition | Group:
        field = self.field(given)
        if word in ("exist", "notexist"):
            return Condition(field, word)
        if word in ("in", "notin", "between"):
            return self.listed(field, word, op, given.get("value"))
        if word not in COMPARISONS:
            raise Failure(f"op: there is no operator {op[:100]!r}.")
        if word in TEXT_ONLY and field.type != "string":
            raise Failure(f"{field.name}: the operator {op} needs a text field.")
        if given.get("value") is None:
            return self.without_value(field, word, op, "value" in given)
        return Condition(field, word, self.value(field, given["value"]))

    def without_value(self, field: Field, word: str, op: str, is_there: bool) -> Condition:
        """`eq` without a value means null, or false on a boolean field (AT-074)."""
        if field.type == "boolean" and is_there:
            raise Failure(f"{field.name}: a boolean cannot be compared with null.")
        if word == "eq":
            return Condition(field, "eq", False) if field.type == "boolean" else Condition(field, "notexist")
        if word == "noteq" and is_there:
            return Condition(field, "exist")
        raise Failure(f"{field.name}: the operator {op} needs a value.")

    def listed(self, field: Field, word: str, op: str, found: Any) -> Condition | Group:
        if not isinstance(found, list) or not found:
            raise Failure(f"{field.name}: the operator {op} needs a list of values.")
        if len(found) > MOST:
            raise Failure(f"{field.name}: the operator {op} takes at most {MOST} values.")
        parsed = tuple(self.value(field, item) for item in found)
        if word != "between":
            return Condition(field, word, parsed)
        if len(parsed) != 2 or None in parsed or field.type == "boolean":
            raise Failure(f"{field.name}: the operator {op} takes a list of two values.")
        return Group("and", (Condition(field, "gte", parsed[0]), Condition(field, "lte", parsed[1])))

    def field(self, given: Mapping[str, Any]) -> Field:
        name = given.get("field")
        if not isinstance(name, str) or not name:
            raise Failure("field: every condition needs a field.")
        if given.get("udf") in (True, "true", "True"):
            self.udfs += 1
            return self.udf(name)
        field = self.entity.names.get(name.lower())
        if field is None:
            raise Failure(f"{name[:100]}: unable to find this field in the {self.entity.name} entity.")
        if not field.queryable:
            raise Failure(f"{field.name}: this field cannot be queried.")
        return field

    def udf(self, name: str) -> Field:
        if self.entity.has_udf:
            for defined in self.tables.custom_fields:
                if defined.name.lower() == name.lower():
                    return udf_field(defined)
        raise Failure(f"{name[:100]}: there is no such user-defined field.")

    def value(self, field: Field, raw: Any) -> Any:
        try:
            found = values.parse(field.type, raw, flag=field.flag)
        except values.Wrong as wrong:
            raise Failure(f"{field.name}: the value does not fit the field: {wrong}.") from wrong
        if isinstance(found, str) and len(found) > values.LONGEST_FILTER_TEXT:
            raise Failure(f"{field.name}: a text to compare with may have {values.LONGEST_FILTER_TEXT} characters.")
        return found


# --- compiled to SQL -------------------------------------------------------------------------------------------

LOOKUPS = {
    "eq": "exact",
    "gt": "gt",
    "gte": "gte",
    "lt": "lt",
    "lte": "lte",
    "beginswith": "istartswith",
    "endswith": "iendswith",
    "contains": "icontains",
}
ALL, NONE = ~Q(pk__in=()), Q(pk__in=())


class Compiled:
    """A filter as a Q and the aliases (name → expression) that it speaks of."""

    def __init__(self, group: Group, tables: Tables) -> None:
        self.tables = tables
        self.aliases: dict[str, Any] = {}
        self.q = self.node(group)

    def node(self, node: Condition | Group) -> Q:
        if isinstance(node, Condition):
            return self.condition(node)
        total = Q()
        for item in node.items:
            part = self.node(item)
            total = total & part if node.op == "and" else total | part
        return total

    def condition(self, condition: Condition) -> Q:
        field = condition.field
        if field.constant is not NOTHING:
            return ALL if holds(condition, field.constant) else NONE
        if field.codes:
            return self.coded(condition)
        path = self.path(field)
        if field.null is not None and field.type != "string":
            return self.with_null(condition, path)
        if condition.op in ("exist", "notexist"):
            empty = self.empty(field, path)
            return empty if condition.op == "notexist" else ~empty
        if condition.op == "noteq":
            return ~self.compare(field, path, "eq", condition.value) | self.is_null(field, path)
        if condition.op in ("in", "notin"):
            found = self.among(field, path, condition.value)
            return found if condition.op == "in" else ~found | self.is_null(field, path)
        return self.compare(field, path, condition.op, condition.value)

    def with_null(self, condition: Condition, path: str) -> Q:
        """A field whose stored null shows as a value, such as company 0 (RC-322)."""
        bare = Condition(_without_null(condition.field), condition.op, condition.value)
        if condition.op in ("exist", "notexist"):
            return ALL if condition.op == "exist" else NONE
        found = self.condition(bare) & Q(**{f"{path}__isnull": False})
        return found | Q(**{f"{path}__isnull": True}) if holds(condition, condition.field.null) else found

    def coded(self, condition: Condition) -> Q:
        """The stored values whose number fits: exact, whatever the operator, and by the column's own index."""
        codes = self.tables.codes(condition.field.codes)
        column = self.path(condition.field)
        fitting = [stored for stored, code in codes.shown.items() if stored is not None and holds(condition, code)]
        found = Q(**{f"{column}__in": fitting}) if fitting else NONE
        if holds(condition, codes.null):
            found |= Q(**{f"{column}__isnull": True})
        if holds(condition, codes.other):
            known = [stored for stored in codes.shown if stored is not None]
            found |= ~Q(**{f"{column}__in": known}) & Q(**{f"{column}__isnull": False})
        return found

    def path(self, field: Field) -> str:
        name = f"fx_{field.name}"
        base = field.expression(self.tables) if field.expression is not None else F(field.column)
        if field.hours:
            tenths = ExpressionWrapper(base * Value(25.0) / Value(9.0), output_field=FloatField())
            self.aliases[name] = Round(tenths, output_field=FloatField())
            return name
        if field.expression is not None:
            self.aliases[name] = base
            return name
        return "__".join((field.column, *field.json))

    def empty(self, field: Field, path: str) -> Q:
        return self.is_null(field, path) | Q(**{path: ""}) if field.is_text else self.is_null(field, path)

    def is_null(self, field: Field, path: str) -> Q:
        return Q(**{f"{path}__isnull": True})

    def compare(self, field: Field, path: str, op: str, value: Any) -> Q:
        if value is None or (value == "" and op == "eq"):
            return self.empty(field, path) if op == "eq" else NONE
        if field.hours:
            value = float(value * 10000)
        if field.day:
            return self.compare_day(path, op, value)
        if field.is_text and op in ("gt", "gte", "lt", "lte"):
            return self.compare_text(field, path, op, value)
        if field.is_text and op in TEXT_ONLY and value == "":
            return ALL
        if field.is_text and not value.isascii():
            return Q(**{f"{self.folded(field, path)}__{LOOKUPS[op].removeprefix('i')}": Folded(Value(value))})
        if field.json:
            value = _plain(value)
        lookup = "iexact" if op == "eq" and field.is_text else LOOKUPS[op]
        return Q(**{f"{path}__{lookup}": value})

    def folded(self, field: Field, path: str) -> str:
        """The alias of a text in capitals (AT-071)."""
        base: Any = F(path)
        if field.json:
            base = F(field.column)
            for key in field.json:
                base = KeyTextTransform(key, base)
        name = f"folded_{len(self.aliases)}"
        self.aliases[name] = Folded(base)
        return name

    def compare_text(self, field: Field, path: str, op: str, value: str) -> Q:
        found = Q(**{f"{path}__{LOOKUPS[op]}": value})
        return found & Q(**{f"{path}__isnull": False})

    def compare_day(self, path: str, op: str, value: dt.datetime) -> Q:
        """A stored date is the midnight that it shows as."""
        whole = value.timetz() == dt.time(tzinfo=dt.UTC)
        if op == "eq":
            return Q(**{path: value.date()}) if whole else NONE
        if not whole:
            op = {"gte": "gt", "lt": "lte"}.get(op, op)
        return Q(**{f"{path}__{op}": value.date()})

    def among(self, field: Field, path: str, wanted: tuple[Any, ...]) -> Q:
        given = [item for item in wanted if item not in (None, "")]
        found = NONE if len(given) == len(wanted) else self.empty(field, path)
        if not given:
            return found
        if field.is_text and not field.json:
            folded = self.folded(field, path)
            return found | Q(**{f"{folded}__in": [Folded(Value(item)) for item in given]})
        if field.hours or field.day or field.json:
            for item in given:
                found |= self.compare(field, path, "eq", item)
            return found
        return found | Q(**{f"{path}__in": given})


def _plain(value: Any) -> Any:
    """As JSON columns hold it."""
    if isinstance(value, dt.datetime):
        return values.show_moment(value)
    return float(value) if isinstance(value, Decimal) else value


def _without_null(field: Field) -> Field:
    bare = object.__new__(Field)
    for name in Field.__slots__:
        object.__setattr__(bare, name, None if name == "null" else getattr(field, name))
    return bare


# --- asked of shown items ----------------------------------------------------------------------------------------


def matches(node: Condition | Group, item: Mapping[str, Any]) -> bool:
    """Does a shown item fit?"""
    if isinstance(node, Condition):
        return holds(node, item.get(node.field.name))
    found = (matches(part, item) for part in node.items)
    return all(found) if node.op == "and" else any(found)


def holds(condition: Condition, shown: Any) -> bool:
    """Does one shown value fit the condition?"""
    value = _comparable(condition.field, shown)
    empty = value in (None, "")
    op = condition.op
    if op in ("exist", "notexist"):
        return empty == (op == "notexist")
    if op in ("in", "notin"):
        among = any(_equal(value, item) for item in condition.value)
        return among == (op == "in")
    if op in ("eq", "noteq"):
        return _equal(value, condition.value) == (op == "eq")
    if value is None or condition.value is None:
        return False
    if op in TEXT_ONLY:
        whole, part = fold(str(value)), fold(str(condition.value))
        tests = {"contains": part in whole, "beginswith": whole.startswith(part), "endswith": whole.endswith(part)}
        return tests[op]
    wanted = condition.value
    tests = {"gt": value > wanted, "gte": value >= wanted, "lt": value < wanted, "lte": value <= wanted}
    return tests[op]


def _equal(one: Any, other: Any) -> bool:
    if other in (None, ""):
        return one in (None, "")
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other)
    return one is not None and bool(one == other)


def _comparable(field: Field, shown: Any) -> Any:
    if shown is None:
        return None
    if field.type == "datetime":
        return values.moment(shown)
    if field.type in values.NUMBERS:
        return Decimal(str(shown))
    return shown
