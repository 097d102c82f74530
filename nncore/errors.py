"""The one family of errors that this project raises for what comes from outside."""


class NncoreError(ValueError):
    """Something from outside can't be used; the message says what was expected and got."""
