"""The reader and writer of params.yaml: ruamel.yaml, YAML 1.2, as DVC reads it.

In PyYAML's YAML 1.1, `1e-5`, which `dvc exp run -S` writes, is a string, `no` is false, `010` is
eight and `1:30` is ninety.
"""

from collections.abc import Mapping
from io import StringIO
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent


def load(text: str) -> Any:  # noqa: ANN401  YAML holds anything
    """Return the single document in `text`.

    Raises
    ------
    ValueError
        There is none; the message has the line if the parser has found the fault.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    try:
        return reader.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise ValueError(f"line {line}: {error.problem.removeprefix('but ')}") from error
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        expected = "expected values that fit their tags, not too deeply nested"
        raise ValueError(f"{expected}, got: {error!r}") from error
    except YAMLError as error:
        raise ValueError(str(error)) from error


def updated(text: str, changes: Mapping[str, object]) -> str:
    """Return a document with other values at dotted keys; comments and all else stay.

    Parameters
    ----------
    text : a document that `load` accepts, a mapping or nothing
    """
    writer = YAML()
    writer.width = 1 << 16
    document = writer.load(text) or CommentedMap()
    for key, value in changes.items():
        *sections, name = key.split(".")
        mapping = document
        for section in sections:
            if not isinstance(mapping.get(section), dict):
                mapping[section] = CommentedMap()
            mapping = mapping[section]
        mapping[name] = value
    stream = StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


class _Composer(Composer):
    """Refuses aliases, repeated anchors, unnamed tags and directives.

    Nine levels of aliases can name a billion values in a few lines. DVC reads a lone `!` as null
    or as an empty string, depending on whether its YAML library is in Python or in C. A directive
    can ask for YAML 1.1.
    """

    def compose_document(self) -> Any:  # noqa: ANN401  ruamel.yaml's types
        event = self.parser.peek_event()
        if event.version or event.tags:
            self._refuse("a directive", event)
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            self._refuse("an alias", event)
        if event.anchor in self.anchors:
            self._refuse("an anchor that appears twice", event)
        if event.tag == "!":
            self._refuse("a tag without a name", event)
        return super().compose_node(parent, index)

    def _refuse(self, fault: str, event: Any) -> NoReturn:  # noqa: ANN401
        raise ComposerError(None, None, f"{fault}, which is not supported", event.start_mark)
