"""JSON in and out: bodies read within the limits of RS-146, answers written by msgspec.

`read` gives builtins (a dict, a list …), `read_as` a msgspec struct with *all* its field errors at once. Whatever is
wrong comes as one `BadBody`, which each face renders in its own shape. The plain path costs a few microseconds: cheap
counts over the raw bytes prove most bodies harmless, and only doubtful ones are walked.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise

T = TypeVar("T")

MEBIBYTE = 1024 * 1024
MAX_DEPTH = 64
MAX_KEYS = 1000
_INT64 = range(-(2**63), 2**63)

# kind of BadBody -> (status, name of the native problem type)
_KINDS: Mapping[str, tuple[int, str]] = {
    "too_large": (413, "too-large"),
    "media_type": (415, "media-type"),
    "malformed": (400, "malformed"),
    "duplicate_key": (400, "malformed"),
    "not_a_number": (400, "malformed"),
    "too_deep": (400, "malformed"),
    "too_many_keys": (400, "malformed"),
    "characters": (422, "validation"),
    "number_range": (422, "validation"),
    "fields": (422, "validation"),
}


class BadBody(Exception):
    """What is wrong with a body: `kind` (a name of _KINDS), a sentence, and the fields it concerns."""

    def __init__(self, kind: str, message: str, errors: Sequence[Any] = ()) -> None:
        self.kind = kind
        self.message = message
        self.errors = list(errors)
        self.status, self.problem = _KINDS[kind]
        super().__init__(message)


def read(request: HttpRequest, *, limit: int = MEBIBYTE) -> Any:
    """The JSON body as builtins; raises BadBody."""
    _check_media_type(request)
    return parse(raw(request, limit=limit))


def read_as(request: HttpRequest, shape: type[T], *, limit: int = MEBIBYTE) -> T:
    """The JSON body as a struct (or any type msgspec knows); raises BadBody naming every bad field."""
    _check_media_type(request)
    return parse_as(raw(request, limit=limit), shape)


def _check_media_type(request: HttpRequest) -> None:
    kind = request.content_type or ""
    if kind not in ("application/json", "") and not kind.endswith("+json"):
        raise BadBody("media_type", "The body must be application/json.")


def raw(request: HttpRequest, *, limit: int = MEBIBYTE) -> bytes:
    """The body's bytes, at most `limit` of them."""
    message = f"The body may have at most {limit} bytes."
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise BadBody("too_large", message)
    try:
        body = request.body
    except RequestDataTooBig:  # Django's own, smaller limit; ours has been checked
        body = request._body = request.read(limit + 1)
    if len(body) > limit:
        raise BadBody("too_large", message)
    return body


def parse(body: bytes) -> Any:
    value, bad = _parse(body)
    if bad:
        raise BadBody(*bad)
    return value


def parse_whole(body: bytes) -> tuple[Any, list[dict[str, str]]]:
    """The value with its field errors, for a face that tells them together with its own; raises BadBody when
    nothing can be read."""
    value, bad = _parse(body)
    return value, bad[2] if bad else []


def parse_as(body: bytes, shape: type[T]) -> T:
    value, bad = _parse(body)
    if not bad:
        try:
            return msgspec.convert(value, shape)
        except msgspec.ValidationError:
            pass
    field_errors = bad[2] if bad else []
    named = {error["field"] for error in field_errors}
    field_errors += [error for error in shape_errors(value, shape) if error["field"] not in named]
    raise BadBody(bad[0] if bad else "fields", bad[1] if bad else _sentence(field_errors), field_errors)


def shape_errors(value: Any, shape: Any) -> list[dict[str, str]]:
    """Every field of `value` that does not fit the struct `shape`, not only the first."""
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)) or not isinstance(value, dict):
        return _convert_errors(value, shape, "")
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    errors = []
    for name, field in fields.items():
        if name in value:
            errors += _convert_errors(value[name], field.type, name)
        elif field.required:
            errors.append({"field": name, "rule": "required", "message": "This field is required."})
    if shape.__struct_config__.forbid_unknown_fields:
        unknown = [name for name in value if name not in fields]
        errors += [{"field": n, "rule": "unknown", "message": "There is no such field."} for n in unknown]
    return errors or _convert_errors(value, shape, "")


def json_response(
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> HttpResponse:
    return HttpResponse(encode(value), status=status, headers=headers, content_type=content_type)


def _encode_other(value: Any) -> Any:
    if isinstance(value, Promise):  # lazy translations
        return str(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


encode = msgspec.json.Encoder(enc_hook=_encode_other).encode
_decode = msgspec.json.Decoder().decode


# Reading, in two ways: quick counts first, a slow walk where they cannot tell.

_DIGITS_ONLY = bytes(c if 48 <= c <= 57 else 32 for c in range(256)).translate(
    bytes(48 if 48 <= c <= 57 else c for c in range(256))
)
_NINETEEN = b"0" * 19
_Bad = tuple[str, str, list[dict[str, str]]]


def _parse(body: bytes) -> tuple[Any, _Bad | None]:
    """The value and what is wrong with fields of it; raises BadBody when nothing can be read."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(body)
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _explain(body)
    colons = body.count(b'":')
    if colons != _count_keys(value) or colons > MAX_KEYS or _BLANK_BEFORE_COLON.search(body):
        _check_keys(body)
    errors: list[dict[str, str]] = []
    kind = "characters"
    if b"\\u0000" in body:
        errors = [_error(path, "invalid_characters", "A NUL character is not allowed.") for path in _bad_text(value)]
    if _NINETEEN in body.translate(_DIGITS_ONLY):
        wide = [_error(p, "out_of_range", "The number is too large.") for p in _wide_numbers(value)]
        kind, errors = ("number_range" if wide and not errors else kind), errors + wide
    return value, (kind, _sentence(errors), errors) if errors else None


_BLANK_BEFORE_COLON = re.compile(rb"[ \t\r\n]:")


def _count_keys(value: Any) -> int:
    if type(value) is dict:
        count = len(value)
        for part in value.values():
            if type(part) is dict or type(part) is list:
                count += _count_keys(part)
        return count
    if type(value) is list:
        return sum(_count_keys(part) for part in value if type(part) is dict or type(part) is list)
    return 0


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NOT_BRACKET = bytes(c for c in range(256) if c not in b"{}[]")


def _check_depth(body: bytes) -> None:
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKET):
        depth += 1 if bracket in b"{[" else -1
        if depth > MAX_DEPTH:
            raise BadBody("too_deep", f"The body may be at most {MAX_DEPTH} levels deep.")


def _check_keys(body: bytes) -> None:
    json.loads(body, object_pairs_hook=_pairs)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(pairs) > MAX_KEYS:
        raise BadBody("too_many_keys", f"An object may have at most {MAX_KEYS} keys.")
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadBody("duplicate_key", f"The key {twice[:100]!r} stands twice.")
    return found


def _explain(body: bytes) -> tuple[Any, _Bad]:
    """Why msgspec refused: NaN, a number beyond floats or a lone surrogate has its own answer."""
    try:
        value = json.loads(body, object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadBody("malformed", "The body is not valid JSON.") from error
    errors = [
        _error(path, "invalid_characters", "Half a surrogate pair is not a character.") for path in _bad_text(value)
    ]
    if errors:
        return value, ("characters", _sentence(errors), errors)
    errors = [_error(path, "out_of_range", "The number is too large.") for path in _wide_numbers(value)]
    if errors:
        return value, ("number_range", _sentence(errors), errors)
    raise BadBody("malformed", "The body is not valid JSON.")


def _refuse_constant(name: str) -> Any:
    raise BadBody("not_a_number", f"{name} is not a JSON number.")


def _error(field: str, rule: str, message: str) -> dict[str, str]:
    return {"field": field, "rule": rule, "message": message}


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf and every key with its path, as `customer.name` or `tags.0`."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{path}.{_clean(key)}" if path else _clean(key), key
            yield from _walk(part, f"{path}.{_clean(key)}" if path else _clean(key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _walk(part, f"{path}.{index}" if path else str(index))
    else:
        yield path, value


_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


def _clean(key: str) -> str:
    return _FORBIDDEN.sub("?", key)


def _bad_text(value: Any) -> list[str]:
    bad = [path for path, leaf in _walk(value) if isinstance(leaf, str) and _FORBIDDEN.search(leaf)]
    return list(dict.fromkeys(bad))


def _wide_numbers(value: Any) -> list[str]:
    return [
        path
        for path, leaf in _walk(value)
        if (type(leaf) is int and leaf not in _INT64) or (type(leaf) is float and leaf in (float("inf"), -float("inf")))
    ]


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_RULES = (
    ("Object missing required field", "required"),
    ("Object contains unknown field", "unknown"),
    ("length <=", "too_long"),
    ("length >=", "too_short"),
    ("Invalid enum value", "invalid_choice"),
    ("matching regex", "invalid_format"),
    ("Invalid", "invalid_format"),
    ("`int` <", "out_of_range"),
    ("`int` >", "out_of_range"),
    ("out of range", "out_of_range"),
)


def _convert_errors(value: Any, shape: Any, name: str) -> list[dict[str, str]]:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        found = _AT.match(str(error))
        what, inner = (found["what"], found["path"] or "") if found else (str(error), "")
        field = (name + re.sub(r"\[(\w+|\.\.\.)\]", r".\1", inner.removeprefix("$"))).lstrip(".")
        rule = next((rule for sign, rule in _RULES if sign in what), "invalid_type")
        if rule in ("required", "unknown") and (missing := re.search(r"field `(.*)`", what)):
            field = f"{field}.{missing[1]}".lstrip(".")
            what = "This field is required" if rule == "required" else "There is no such field"
        return [_error(field, rule, f"{what}.")]
    return []


def _sentence(errors: list[dict[str, str]]) -> str:
    return " ".join(
        f"{error['field']}: {error['message']}" if error["field"] else error["message"] for error in errors[:5]
    )
