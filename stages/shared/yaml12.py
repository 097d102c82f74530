"""The reader of params.yaml: ruamel.yaml, YAML 1.2, as DVC reads it.

In PyYAML's YAML 1.1, `1e-5`, which `dvc exp run -S` writes, is a string, `no` is false, `010` is
eight and `1:30` is ninety.
"""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent


def load(text: str) -> Any:  # noqa: ANN401  YAML holds anything
    """Return the single document in `text`; raise ValueError, with the line, if there is none."""
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    try:
        return reader.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise ValueError(f"line {line}: {error.problem.removeprefix('but ')}") from error
    except YAMLError as error:
        raise ValueError(str(error)) from error


class _Composer(Composer):
    """Refuses aliases and unnamed tags.

    Nine levels of aliases can name a billion values in a few lines. DVC reads a lone `!` as null
    or as an empty string, depending on whether its YAML library is in Python or in C.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401  ruamel.yaml's types
        event = self.parser.peek_event()
        fault = "an alias" if isinstance(event, AliasEvent) else ""
        if getattr(event, "tag", None) == "!":
            fault = "a tag without a name"
        if fault:
            problem = f"{fault}, which is not supported"
            raise ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)
