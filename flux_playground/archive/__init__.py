"""Exports generations as ZIP, CSV, JSONL and HTML, and imports such ZIP files and images of other tools.

What is imported comes from strangers: nothing is unpacked to the disk, each file is checked, and no key is read.
"""

from .contact_sheet import export_contact_sheet
from .export_zip import export_zip
from .import_files import import_files
from .import_report import ImportReport
from .import_zip import import_archive
from .journal_tables import export_csv, export_jsonl
from .untrusted_zip import HOSTED_LIMITS, ImportLimits

__all__ = [
    "HOSTED_LIMITS",
    "ImportLimits",
    "ImportReport",
    "export_contact_sheet",
    "export_csv",
    "export_jsonl",
    "export_zip",
    "import_archive",
    "import_files",
]
