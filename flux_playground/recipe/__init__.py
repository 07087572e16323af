"""Recipes: the settings that make an image again, as JSON, in image files, in links and in other tools' text.

Everything that is parsed here comes from strangers: values are never executed, and only their types are checked.
"""

from .a1111 import format_parameters, parse_parameters
from .detect import Detected, SourceKind, detect
from .fingerprint import document_version, drop_private_fields, fingerprint, server_name
from .hide_secrets import hide_secrets
from .recipe import Recipe, dump_recipe, parse_recipe, recipe_from_generation
from .share_link import build_link, parse_link
from .word_diff import ChangeKind, WordRun, diff_words

__all__ = [
    "ChangeKind",
    "Detected",
    "Recipe",
    "SourceKind",
    "WordRun",
    "build_link",
    "detect",
    "diff_words",
    "document_version",
    "drop_private_fields",
    "dump_recipe",
    "fingerprint",
    "format_parameters",
    "hide_secrets",
    "parse_link",
    "parse_parameters",
    "parse_recipe",
    "recipe_from_generation",
    "server_name",
]
