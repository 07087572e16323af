"""The backend adapter: submits a request, polls its task, downloads its image. Knows the API's HTTP, and nothing of
forms, the journal, or what a field means.

    calls.py        `Client`: submit, collect, the account
    polling.py      one task, asked after until it is ready or has failed
    downloads.py    a signed URL -> the whole, verified bytes of an image
    answers.py      what the API says -> `Task`, `Result`, or one of our errors
    hosts.py        which address may be asked, and which may see the key
    wire.py         one HTTP call with its limits
    connections.py  the sockets under it: deadlines, and whom they really lead to
    documents.py    an address -> the text of a document
    limits.py       every duration, size and count in one frozen record
"""

from ..url_policy import PrivateNames as PrivateNames
from .client import Client as Client
from .fetch_text import fetch as fetch
from .limits import Limits as Limits
from .responses import Result as Result
from .responses import Task as Task

__all__ = ["Client", "Limits", "PrivateNames", "Result", "Task", "fetch"]
