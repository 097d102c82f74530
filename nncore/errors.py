"""The errors that nncore raises, and the checks of settings that raise them.

The message of a check is one line: the setting's name, the expected value and the actual one.
"""

import math
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, get_args

# pydantic reads this when it checks params.yaml: no unknown key, no silent conversion.
STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}
# Characters of a value in a message, and of a message.
MAX_VALUE_LENGTH = 120
MAX_LINE_LENGTH = 1000


class NncoreError(ValueError):
    """Input is unusable; the message names the expected and the actual value."""


class SettingsError(NncoreError):
    """A setting is out of its range or contradicts another one."""


class ExactnessError(NncoreError):
    """A product can't be exact: it has too many terms, or the BLAS rounds where it need not."""


class DivergenceError(NncoreError):
    """A loss or a weight is infinite or not a number."""


class ArchiveError(NncoreError):
    """A file is not an intact archive of the expected format."""


class ModelFileError(ArchiveError):
    """A file is not an intact model file."""


class IdxError(NncoreError):
    """A file is not an intact IDX file with the expected number of dimensions.

    Attributes
    ----------
    path : the file
    fault : the message without the path
    """

    def __init__(self, path: Path, expected: str, got: str) -> None:
        super().__init__(path, expected, got)
        self.path = path
        self.fault = f"expected {expected}, got {got}"

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


class DataError(NncoreError):
    """Data don't fit the network or the settings."""


class PreprocessingError(NncoreError):
    """Images and labels don't fit each other, or a split is larger than its data set."""


class BlankError(NncoreError):
    """A picture is blank."""


class ImageError(NncoreError):
    """A file holds no image that the model can read."""


class ExportError(NncoreError):
    """A model does not fit into an ONNX file."""


def escape_unprintable(text: str) -> str:
    r"""Return `text` with escapes such as \x1b for characters on which a terminal would act."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )


def escape_unencodable() -> None:
    """Have standard output escape characters that its encoding lacks, as standard error does.

    On Windows a pipe and a file have an encoding of 256 characters, unlike the terminal.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def as_line(text: str, limit: int = MAX_LINE_LENGTH) -> str:
    """Return a text as one printable line of at most `limit` characters."""
    line = escape_unprintable(" ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def format_shape(shape: Iterable[int]) -> str:
    """Return a shape with x between its dimensions, for instance 28 x 28."""
    return " x ".join(map(str, shape))


def advise_install(missing: ModuleNotFoundError, package: str) -> str:
    """Return the message for an optional library that is missing: how to install it."""
    # The package instead of an extra of this project: the user's nncore may come from anywhere.
    return f"expected {missing.name} to be installed; run: python -m pip install {package}"


def require(holds: object, name: str, expected: str, got: object) -> None:
    """Raise `SettingsError` unless `holds`."""
    if not holds:
        # params.yaml has lists where the settings hold tuples.
        value = list(got) if isinstance(got, tuple) else got
        raise SettingsError(f"{name} must be {expected}, got {_format(value)}")


def require_type(name: str, got: object, *types: type | None) -> None:
    """Require an object of one of the types; None allows None."""
    if not isinstance(got, tuple(cls or type(None) for cls in types)):
        expected = " or ".join(cls.__name__ if cls else "None" for cls in types)
        # The text of a table or an array would hide the fault.
        is_short = got is None or isinstance(got, str | int | float)
        value = _format(got) if is_short else f"type {type(got).__name__}"
        raise SettingsError(f"{name} must be of type {expected}, got {value}")


def require_text(name: str, got: str) -> None:
    """Require a string that UTF-8 can hold: without half a surrogate pair."""
    require_type(name, got, str)
    require(got.encode(errors="ignore").decode() == got, name, "text of whole characters", got)


def require_callable(name: str, got: object) -> None:
    """Require a function or None."""
    require(got is None or callable(got), name, "a function", got)


def require_choice(name: str, choices: object, got: object) -> None:
    """Require that `got` is one of a `Literal`'s values."""
    allowed = get_args(choices)
    require(isinstance(got, str) and got in allowed, name, f"one of {', '.join(allowed)}", got)


def require_at_least(name: str, minimum: float, got: float) -> None:
    """Require a finite number of at least `minimum`."""
    _require_number(name, got)
    require(_is_finite(got) and got >= minimum, name, f"at least {minimum}", got)


def require_count(name: str, minimum: int, got: int, below: int | None = None) -> None:
    """Require an integer of at least `minimum`, and less than `below` unless that is None."""
    require(type(got) is int, name, "an integer", got)
    require(got >= minimum, name, f"at least {minimum}", got)
    require(below is None or got < below, name, f"less than {below}", got)


def require_finite(name: str, got: float) -> None:
    """Require a finite number."""
    _require_number(name, got)
    require(_is_finite(got), name, "finite", got)


def require_above_zero(name: str, got: float) -> None:
    """Require a finite number above 0."""
    _require_number(name, got)
    require(_is_finite(got) and got > 0, name, "a finite number above 0", got)


def require_fraction(name: str, got: float) -> None:
    """Require a number in [0, 1)."""
    _require_number(name, got)
    require(0 <= got < 1, name, "at least 0 and below 1", got)


def to_python(settings: object) -> None:
    """Replace NumPy's values in the fields of a frozen dataclass by Python's.

    A caller often passes NumPy's values; JSON, YAML and equality of texts need Python's.
    """
    for name, value in vars(settings).items():
        object.__setattr__(settings, name, python_value(value))


def python_value(value: Any) -> Any:  # noqa: ANN401  of any type
    """Return NumPy's numbers and arrays as Python's numbers and lists, anything else unchanged."""
    return value.tolist() if hasattr(value, "tolist") else value


def _require_number(name: str, got: object) -> None:
    is_number = isinstance(got, int | float) and not isinstance(got, bool)
    require(is_number, name, "a number", got)


def _is_finite(got: float) -> bool:
    # math.isfinite fails on an integer that is too large for a float.
    return abs(got) <= sys.float_info.max


def _format(value: object) -> str:
    """Return a value on one line of bounded length."""
    try:
        return as_line(repr(value), MAX_VALUE_LENGTH)
    except ValueError:
        # Python writes no integer of more than 4,300 digits.
        return f"{type(value).__name__} that is too long to write"


def check_finite(value: float, epoch: int, lr: float) -> None:
    """Raise `DivergenceError`, with advice, unless `value` is finite."""
    if not math.isfinite(value):
        remedy = f"lower the learning rate (lr is {lr:g}) or set clip_norm"
        if epoch == 0:
            remedy = "no step was taken: scale the inputs or weight_scale down"
        raise DivergenceError(
            f"training diverged in epoch {epoch}: expected finite losses and weights, "
            f"got {value}; {remedy}"
        )
