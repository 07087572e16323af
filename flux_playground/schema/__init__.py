"""An OpenAPI document as what the rest of the program asks for: endpoints with fields, and the check of a request.

Everything that must know a field of an endpoint asks here: the form, the check, the local server, a sweep's axes.
Names no field but in `hints.py`, and must not know HTTP, Gradio, or how a request is sent.

    reading.py     a text → plain values, from JSON, YAML or a page of documentation
    dialect.py     what such pages write instead of OpenAPI → OpenAPI
    resolving.py   a schema with its references → one that stands alone
    document.py    a document → its endpoints
    operation.py   an endpoint: its fields and its requests
    fields.py      a property → what a form needs to know of it
    values.py      what was typed into a form → the values that are meant
    check.py       a request → all that is wrong with it
    sentences.py   what is wrong → a sentence for people
    hints.py       the table of taste: what we know beyond the schema, by name
    changes.py     what is new in a newer document
"""

from .diff import describe_changes
from .document import Document, load, load_text
from .field_overrides import has_control_character, normalize
from .fields import Field
from .operation import Operation

__all__ = [
    "Document",
    "Field",
    "Operation",
    "describe_changes",
    "has_control_character",
    "load",
    "load_text",
    "normalize",
]
