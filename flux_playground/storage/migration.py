"""A step from one version of a database's tables to the next."""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    """The SQL that brings the tables from one version to the next."""

    name: str
    sql: str
