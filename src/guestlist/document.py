"""A YAML file as plain text values with the line each stands on: what ``config`` reads before it judges.

Scalars stay the text somebody wrote (``007``, ``no`` and ``2026-01-01`` are what they look like); an empty or ``null``
scalar is None. ``${NAME}`` in a scalar is the environment's value, ``$${`` a plain ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from guestlist.core.text import masked
from guestlist.errors import ConfigError

Value = str | None | list["Value"] | dict[str, "Value"]
Place = tuple[str, ...]  # the keys (and list positions) that lead to a value

MOST = 200_000  # values of a file, so that aliases of aliases cannot fill the memory

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NULL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Document:
    """What the file holds, and where. ``lines``: place -> line, counted from 1. ``made``: places that were added to it
    and have no line. ``filled``: values that the environment has a part in, as they stand in the file.
    """

    path: Path
    data: dict[str, Value]
    lines: Mapping[Place, int]
    made: frozenset[Place] = frozenset()
    filled: tuple[Place, ...] = ()

    def error(self, place: Place, sentence: str) -> ConfigError:
        """The sentence with file and line; of a place that is not in the file the nearest one above it counts."""
        if any(place[: len(each)] == each for each in self.made):
            return ConfigError(f"{sentence.rstrip('.')}.", place)
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place, 1)
        return ConfigError(f"{self.path}, line {line}: {sentence.rstrip('.')}.", place)


def read(path: Path, environ: Mapping[str, str]) -> Document:
    """The file's content; ConfigError when it is missing, no UTF-8, no YAML, names a key twice or an unset variable."""
    return parsed(_text(path), path, environ)


def parsed(text: str, path: Path, environ: Mapping[str, str]) -> Document:
    """The same of a text; ``path``: what is said instead of a file's name."""
    root = _compose(path, text)
    lines: dict[Place, int] = {}
    reader = _Reader(path, environ, lines)
    data = reader.value(root, ()) if root is not None else None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold destinations, audiences and activations; it holds {_found(data)}.")
    return Document(path, data, lines, filled=tuple(reader.filled))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; `guestlist init` writes one.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; name the yaml file in it.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8; save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: not valid YAML: {error.problem or error.context}.") from None
    except RecursionError:
        raise ConfigError(f"{path} is not valid here: it is nested too deeply.") from None
    except yaml.YAMLError:
        raise ConfigError(f"{path} is not valid YAML: it has characters that no text has.") from None


def _found(data: Value) -> str:
    return "nothing" if data is None else "a list" if isinstance(data, list) else "one text"


class _Reader:
    """Walks the nodes once; the stack notices an alias that holds itself."""

    def __init__(self, path: Path, environ: Mapping[str, str], lines: dict[Place, int]) -> None:
        self._path, self._environ, self._lines = path, environ, lines
        self._above: list[yaml.Node] = []
        self._count = 0
        self.filled: list[Place] = []

    def value(self, node: yaml.Node, place: Place) -> Value:
        self._count += 1
        if self._count > MOST:
            raise self._error(node, "it has too many values, aliases counted each time")
        self._lines.setdefault(place, node.start_mark.line + 1)
        if not node.tag.startswith("tag:yaml.org,2002:"):
            raise self._error(node, f"the tag {node.tag} is not known here")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL and node.style is None else self._filled(node, place)
        if node in self._above:
            raise self._error(node, "an alias stands inside of what it stands for")
        self._above.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*place, str(i))) for i, item in enumerate(node.value)]
            merged = self._merged(node, place)
            return merged | {key.value: self.value(item, (*place, key.value)) for key, item in self._pairs(node, place)}
        finally:
            self._above.pop()

    def _pairs(self, node: yaml.Node, place: Place) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        seen: dict[str, int] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key must be a plain name")
            if key.value in seen:
                raise self._error(
                    key, f'the key "{masked(key.value)}" is there twice (first on line {seen[key.value]})'
                )
            seen[key.value] = line
            if key.tag != _MERGE:
                self._lines[(*place, key.value)] = line
                yield key, item

    def _merged(self, node: yaml.Node, place: Place) -> dict[str, Value]:
        """What ``<<: *alias`` (or a list of them, the first wins) brings in; the node's own keys win over it."""
        merged: dict[str, Value] = {}
        for key, item in node.value:
            if key.tag == _MERGE:
                for source in reversed(item.value if isinstance(item, yaml.SequenceNode) else [item]):
                    part = self.value(source, place)
                    if not isinstance(part, dict):
                        raise self._error(key, "<< takes an alias of a mapping")
                    merged |= part
        return merged

    def _filled(self, node: yaml.ScalarNode, place: Place) -> str:
        def fill(match: re.Match[str]) -> str:
            escaped, name = match.groups()
            if escaped:
                return str(escaped)
            if not _NAME.fullmatch(name):
                raise self._error(node, "${...} must hold the name of an environment variable ($${ is a plain ${)")
            if name not in self._environ:
                raise self._error(node, f"the environment variable {name} is not set")
            self.filled.append(place)
            return self._environ[name]

        return _REFERENCE.sub(fill, str(node.value))

    def _error(self, node: yaml.Node, sentence: str) -> ConfigError:
        return ConfigError(f"{self._path}, line {node.start_mark.line + 1}: {sentence}.")
