"""Multi-layer perceptrons in plain NumPy.

`import nncore` offers the names in `__all__`. Each is imported at its first use, so that the import
of the package takes no time and a stage depends only on the modules that it uses.
"""

__version__ = "0.2.0"
__all__ = [
    "Architecture",
    "Data",
    "Model",
    "Network",
    "NncoreError",
    "TrainingSettings",
    "__version__",
    "fit",
    "load",
    "save",
]


def __getattr__(name: str) -> object:
    """Import a name of `__all__`; a type checker finds them in `__init__.pyi`."""
    from importlib import import_module  # noqa: PLC0415  only at the first use of a name

    modules = {
        "Architecture": "nncore.config.architecture",
        "Data": "nncore.data.dataset",
        "Model": "nncore.model",
        "Network": "nncore.network.network",
        "NncoreError": "nncore.errors",
        "TrainingSettings": "nncore.config.training",
        "fit": "nncore.training.fit",
        "load": "nncore.model_file",
        "save": "nncore.model_file",
    }
    if name not in modules:
        raise AttributeError(f"module 'nncore' has no attribute {name!r}")
    return getattr(import_module(modules[name]), name)


def __dir__() -> list[str]:
    return __all__
