"""The request in a text that was pasted: code, a command, JSON, a response. Nothing in it is run.

Each value that is returned is certain. A value that depends on a variable, or on the shell that would run a command,
is named instead.
"""

from .pasted_text import PastedRequest, looks_like_code, read_pasted

__all__ = ["PastedRequest", "looks_like_code", "read_pasted"]
