"""The names of classes: which can be written, and which are too alike."""

import re
import unicodedata
from typing import Final, TypeGuard

from nncore.data.listing import normalize

# A label is a byte in data/raw.
MAX_CLASSES: Final = 256
MAX_NAME_LENGTH: Final = 200
NAME_RULE: Final = f"1 to {MAX_NAME_LENGTH} visible characters in one line"

# Unicode's control and format characters, halves of surrogate pairs, line and paragraph separators.
_UNPRINTABLE: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Halves of pairs, which UTF-8 can't write.
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# Format characters that several scripts need, and that show no text in another order.
_JOINERS: Final = "\u200c\u200d"


def is_class_name(name: str) -> bool:
    """Return whether a name is text in one line, in any script, and of a usual length."""
    categories = {
        unicodedata.category(character) for character in name if character not in _JOINERS
    }
    has_text = bool(name.strip(_JOINERS).strip())
    return has_text and len(name) <= MAX_NAME_LENGTH and not categories & _UNPRINTABLE


def are_class_names(names: object) -> bool:
    """Return whether a value of a file is a list of different names of at least 2 classes."""
    if not is_text_list(names) or not 2 <= len(names) <= MAX_CLASSES:
        return False
    return len(set(names)) == len(names) and all(map(is_class_name, names))


def is_text_list(value: object) -> TypeGuard[list[str]]:
    """Return whether a value of a file is a list of texts that UTF-8 can write."""
    return isinstance(value, list) and all(
        isinstance(text, str) and not _SURROGATES.search(text) for text in value
    )


def comparison_key(name: str) -> str:
    """Return what two classes must differ in: the name in Unicode's NFC and without case.

    A single character keeps its case: in sets of letters, a and A are two classes.
    """
    normal = normalize(name)
    return normal if len(normal) == 1 else normalize(normal.casefold())
