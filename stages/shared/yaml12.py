"""PyYAML with the scalars of YAML 1.2, so that the stages read params.yaml as DVC does.

PyYAML follows YAML 1.1, in which `1e-5` (written by `dvc exp run -S`) is a string, `no` is false,
`010` is eight and `1:30` is ninety.
"""

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """A safe loader of YAML 1.2 scalars that refuses duplicate keys, aliases and unnamed tags."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401  PyYAML's own types
        """Refuse aliases and unnamed tags.

        Nine levels of aliases can name a billion values in a few lines. DVC reads a lone `!` as
        null or as an empty string, depending on whether its YAML library is in Python or in C.
        """
        event = self.peek_event()  # type: ignore[no-untyped-call]
        fault = "an alias" if isinstance(event, yaml.AliasEvent) else None
        if getattr(event, "tag", None) == "!":
            fault = "a tag without a name"
        if fault:
            problem = f"{fault}, which is not supported"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)

    # Empty, so that the rules of YAML 1.1 are not inherited.
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


def load(text: str) -> Any:  # noqa: ANN401  YAML holds anything
    """Return the single document in `text`; raise `yaml.YAMLError` or `ValueError`."""
    return yaml.load(text, Loader)  # noqa: S506  a subclass of the safe loader


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "").lower()
    prefixed = text.lstrip("+-")[:2] in {"0b", "0o", "0x"}
    return int(text, 0 if prefixed else 10)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    text = loader.construct_scalar(node).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    names = set()
    for key_node, _ in node.value:
        if key_node.value in names:
            problem = f"the key {key_node.value!r} appears twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        if isinstance(key_node, yaml.ScalarNode):
            names.add(key_node.value)
    return loader.construct_mapping(node, deep=True)


_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (
        r"[-+]?0b[01_]+|[-+]?0o[0-7_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*",
        "-+0123456789",
    ),
    "float": (
        (
            r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
            r"|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        "-+0123456789.",
    ),
}
for _name, (_pattern, _first) in _SCALARS.items():
    # The first matching rule counts, so integers come before floats.
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )
Loader.add_constructor("tag:yaml.org,2002:int", _integer)
Loader.add_constructor("tag:yaml.org,2002:float", _float)
Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
