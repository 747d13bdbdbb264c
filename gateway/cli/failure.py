"""How a command says that it cannot do what it was asked: one line, no traceback."""

from __future__ import annotations


class Failed(Exception):
    """Ends the command with `code`; the message is shown as `weir: error: MESSAGE`."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
