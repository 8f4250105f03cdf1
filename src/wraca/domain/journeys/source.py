"""YAML text to plain values, with the line of every one of them.

Stricter than YAML, because a journey file comes from outside and is edited by people: no aliases (a few lines of them grow to
gigabytes), no tags, no double keys (YAML would silently keep the last), limited size and depth.
"""

from collections.abc import Iterator

import yaml

from wraca.domain.journeys.problems import BadPlan, Path, Problem, written

LARGEST = 100_000  # characters
DEEPEST = 60  # the deepest sensible journey needs about thirty

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast where it was built
_PLAIN = ("null", "bool", "int", "float")
_TEXTS = ("str", "timestamp")  # a template may be called like a date


class Source:
    """A file taken apart. `content` is made of dict, list, str, int, float, bool and None; `lines` knows where each path begins."""

    def __init__(self, text: str) -> None:
        """Raises BadPlan where the text is no YAML that we would read on."""
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()
        self.content = self._value(_composed(text), ())

    def line(self, path: Path) -> int:
        """The line of this path, or of the nearest thing around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def _value(self, node: yaml.Node | None, path: Path) -> object:
        match node:
            case None:
                return None
            case yaml.MappingNode():
                return dict(self._entries(node, path))
            case yaml.SequenceNode():
                return [self._item(item, (*path, number)) for number, item in enumerate(node.value)]
            case _:
                return self._scalar(node, path)

    def _item(self, node: yaml.Node, path: Path) -> object:
        self.lines[path] = _line(node)
        return self._value(node, path)

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.tag.endswith(":str"):
                self._refuse(path, line, f"the key `{key[:40]}` is not a word")
            elif key in seen:
                self._refuse((*path, key), line, f"`{key}` stands here twice; the first is in line {seen[key]}")
            else:
                seen[key] = self.lines[(*path, key)] = line
                yield key, self._value(value_node, (*path, key))

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        kind = node.tag.rpartition(":")[2]
        if not node.tag.startswith("tag:yaml.org,2002:") or kind not in _PLAIN + _TEXTS:
            self._refuse(path, _line(node), f"the tag {node.tag} is not allowed")
            return str(node.value)
        if kind in _TEXTS:
            return str(node.value)
        try:
            return self._scalars.construct_object(node)
        except (ValueError, LookupError):  # `!!bool maybe`, an integer of five thousand digits
            self._refuse(path, _line(node), f"`{node.value[:40]}` cannot be read as {kind}")
            return None

    def _refuse(self, path: Path, line: int, message: str) -> None:
        self.problems.append(Problem(written(path), line, message))


def _line(marked: yaml.Node | yaml.Event) -> int:
    mark = marked.start_mark
    return mark.line + 1 if mark else 1


def _composed(text: str) -> yaml.Node | None:
    if len(text) > LARGEST:
        raise BadPlan((Problem("", 1, f"the file is longer than {LARGEST} characters"),))
    try:
        _check_events(text)
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadPlan((Problem("", mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}"),)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise BadPlan((Problem("", 1, f"this is not YAML: {str(error).splitlines()[0]}"),)) from None


def _check_events(text: str) -> None:
    """Refuse what must not even be composed, because composing recurses and shares."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise BadPlan((Problem("", line, f"the alias *{event.anchor} is not allowed; write the steps out"),))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise BadPlan((Problem("", line, f"the file is nested more than {DEEPEST} deep"),))
