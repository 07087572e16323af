"""HTTP client of the API: submits a request, polls its task, downloads its image."""

from ..url_policy import PrivateNames as PrivateNames
from .client import Client as Client
from .fetch_text import fetch_document as fetch_document
from .limits import Limits as Limits
from .responses import Result as Result
from .responses import Task as Task

__all__ = ["Client", "Limits", "PrivateNames", "Result", "Task", "fetch_document"]
