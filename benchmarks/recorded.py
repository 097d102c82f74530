"""Arrays that note what a training step does with them, however that is spelled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch

import numpy as np

from nncore import activations


class Call(NamedTuple):
    """One operation of NumPy, as it can be done again."""

    name: str
    function: Callable
    inputs: tuple
    options: dict

    def again(self) -> Any:  # noqa: ANN401  what the operation gives
        """Do it once more, with plain arrays, which hold what they hold now."""
        return self.function(*self.inputs, **self.options)

    @property
    def shapes(self) -> str:
        """The shapes of its arrays, for instance (16, 784) x (784, 30)."""
        given = [array for array in self.inputs if isinstance(array, np.ndarray) and array.ndim]
        return " x ".join(str(array.shape) for array in given)


class Recorded(np.ndarray):
    """An array that notes each operation on it, and the bytes of each array that one makes.

    A function, an operator and a method all come by one of these three doors.
    """

    calls: ClassVar[list[Call]] = []
    fresh: ClassVar[list[int]] = []

    def __array_finalize__(self, source: np.ndarray | None) -> None:
        """Note a copy; a view has a base."""
        if source is not None and self.base is None:
            self.fresh.append(self.nbytes)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):  # noqa: ANN001, ANN002, ANN003, ANN204  NumPy's
        """Note a universal function."""
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return self._noted(name, getattr(ufunc, method), inputs, options)

    def __array_function__(self, function, types, inputs, options):  # noqa: ANN001, ANN204  NumPy's
        """Note any other function."""
        return self._noted(function.__name__, function, inputs, options)

    def dot(self, other, out=None):  # noqa: ANN001, ANN201  as np.ndarray.dot
        """Note a product."""
        return self._noted("dot", np.ndarray.dot, (self, other), {"out": out})

    def _noted(self, name: str, function: Callable, inputs: tuple, options: dict) -> Any:  # noqa: ANN401
        given = {key: plain(value) for key, value in options.items()}
        self.calls.append(Call(name, function, tuple(map(plain, inputs)), given))
        result = self.calls[-1].again()
        out = options.get("out")
        if out is not None:
            return out[0] if isinstance(out, tuple) else out
        if isinstance(result, np.ndarray):
            self.fresh.append(result.nbytes)
            result = result.view(Recorded)
        return result


def plain(value: Any) -> Any:  # noqa: ANN401  arrays, and what holds them
    """Return recorded arrays as plain ones that share their memory."""
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value.view(np.ndarray) if isinstance(value, Recorded) else value


@contextmanager
def recording() -> Iterator[None]:
    """Let all arrays that are made in this context be recorded."""
    makers = {name: getattr(np, name) for name in ("empty", "empty_like", "ones", "zeros")}
    # Softmax keeps its ones: these shall be recorded, and no one else shall meet them.
    forget = activations._ones.cache_clear  # noqa: SLF001  what is kept has no other door
    forget()

    def recorded(make: Callable) -> Callable:
        return lambda *shape, **options: plain(make(*shape, **options)).view(Recorded)

    with patch.multiple(np, **{name: recorded(make) for name, make in makers.items()}):
        yield
    forget()


def recorded_step(make: Callable[[], Callable[[], None]]) -> tuple[list[Call], list[int]]:
    """Return the calls of a step and the bytes of each array that it made.

    `make` builds whatever the step needs and returns it; all its arrays are then recorded.
    """
    with recording():
        step = make()
        Recorded.calls.clear()
        Recorded.fresh.clear()
        step()
    return list(Recorded.calls), list(Recorded.fresh)
