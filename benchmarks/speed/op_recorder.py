"""Arrays that note what a training step does with them, however that is spelled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch

import numpy as np

from nncore.functions import elementary, plain

# Functions and methods that do nothing when they give their own array's memory back. Whatever is
# not named here counts as an operation: a view too many in the count is seen, a write is not lost.
VIEWS = {
    "__getitem__",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "astype",
    "broadcast_to",
    "expand_dims",
    "ravel",
    "reshape",
    "split",
    "squeeze",
    "swapaxes",
    "transpose",
    "view",
}
# Python's own spellings of what reads or writes an array. Operators are universal functions.
SPECIAL = {
    "__bool__",
    "__complex__",
    "__contains__",
    "__copy__",
    "__deepcopy__",
    "__float__",
    "__getitem__",
    "__index__",
    "__int__",
    "__setitem__",
}
# Attributes behind which a step could go on unseen: to ask for one is an operation.
ATTRIBUTES = ("base", "ctypes", "data", "flat", "imag", "real")


class Call(NamedTuple):
    """One operation of NumPy, as it can be done again."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    options: dict[str, Any]

    def again(self) -> Any:  # noqa: ANN401  what the operation gives
        """Do it once more, with plain arrays, which hold what they hold now."""
        return self.function(*self.inputs, **self.options)

    @property
    def shapes(self) -> str:
        """The shapes of its arrays, for instance (16, 784) x (784, 30)."""
        given = [array for array in self.inputs if isinstance(array, np.ndarray) and array.ndim]
        return " x ".join(str(array.shape) for array in given)


class RecordedArray(np.ndarray):
    """An array that notes each operation on it, and the bytes of each array that one makes.

    An operation is one call of NumPy from outside it. A view is none, and is recorded in its turn.
    Unseen remain NumPy's classes, for instance np.ndarray(shape), numbers that are no arrays, and
    the buffer protocol.

    Attributes
    ----------
    calls, fresh : operations, and bytes of the arrays made, in their order
    inside : whether NumPy is at work, whose own calls are no operations of the step
    """

    calls: ClassVar[list[Call]] = []
    fresh: ClassVar[list[int]] = []
    inside: ClassVar[bool] = False

    def __array_finalize__(self, source: np.ndarray | None) -> None:
        """Note a copy that came by neither, for instance by np.ndarray.copy(a)."""
        if source is not None and self.flags.owndata:
            self.fresh.append(self.nbytes)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:  # noqa: ANN401  NumPy's
        """Note a universal function."""
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return record_calls(name, getattr(ufunc, method))(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:  # noqa: ANN401  NumPy's
        """Note a function that `recording` has not replaced, for instance of np.linalg."""
        return record_calls(function.__name__, function)(*inputs, **options)


def record_calls(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` such that its calls are noted, if it takes or makes arrays."""

    def noting(*inputs: Any, **options: Any) -> Any:  # noqa: ANN401  as the function
        if RecordedArray.inside:
            return function(*inputs, **options)
        call = Call(name, function, map_arrays(inputs, plain_view), map_arrays(options, plain_view))
        RecordedArray.inside = True
        try:
            result = call.again()
            given, made = arrays((call.inputs, call.options)), arrays(result)
            fresh = [new for new in made if not any(np.may_share_memory(new, old) for old in given)]
        finally:
            RecordedArray.inside = False
        is_view = name in VIEWS and made and not fresh
        if (given or made) and not is_view:
            RecordedArray.calls.append(call)
        RecordedArray.fresh.extend(array.nbytes for array in fresh)
        out = arrays(options.get("out"))
        return (
            out[0] if len(out) == 1 else map_arrays(result, lambda array: array.view(RecordedArray))
        )

    return noting


def plain_view(array: np.ndarray) -> np.ndarray:
    """Return a view of `array` that notes nothing."""
    return np.ndarray.view(array, np.ndarray)


def map_arrays(value: Any, change: Callable[[np.ndarray], Any]) -> Any:  # noqa: ANN401  anything
    """Return `value` with `change` done to every array in it."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, dict):
        return {key: map_arrays(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [map_arrays(part, change) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def arrays(value: Any) -> list[np.ndarray]:  # noqa: ANN401  anything
    """Return every array in `value`."""
    collected: list[np.ndarray] = []
    map_arrays(value, collected.append)
    return collected


for _name, _member in vars(np.ndarray).items():
    if _name == "setflags":
        continue  # It is the array's own, not its memory's.
    if _name in SPECIAL or (callable(_member) and not _name.startswith("__")):
        setattr(RecordedArray, _name, record_calls(_name, _member))
    elif _name in ATTRIBUTES:
        _accessors = (record_calls(_name, _member.__get__), record_calls(_name, _member.__set__))
        setattr(RecordedArray, _name, property(*_accessors))


@contextmanager
def recording() -> Iterator[None]:
    """Let every function of np be noted, and all arrays that they make be recorded."""
    functions: dict[str, Any] = {
        name: record_calls(name, member)
        for name, member in vars(np).items()
        if callable(member) and not isinstance(member, type | np.ufunc) and name[0] != "_"
    }
    # Arrays that modules keep: these shall be recorded, and no one else shall meet them.
    ones = plain._ones  # noqa: SLF001  it has no public name
    table = elementary._POWERS.view(RecordedArray)  # noqa: SLF001  likewise
    ones.cache_clear()
    try:
        with patch.multiple(np, **functions), patch.object(elementary, "_POWERS", table):
            yield
    finally:
        ones.cache_clear()


def record_step(make: Callable[[], Callable[[], None]]) -> tuple[list[Call], list[int]]:
    """Return the calls of a step and the bytes of each array that it made.

    `make` builds whatever the step needs and returns it; all its arrays are then recorded.
    """
    with recording():
        step = make()
        RecordedArray.calls.clear()
        RecordedArray.fresh.clear()
        step()
    return list(RecordedArray.calls), list(RecordedArray.fresh)
