"""What the page says about each kind of error: what happened, what it cost, what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import (
    APIError,
    APIUnreachable,
    ContentModerated,
    DownloadFailed,
    FinetuneNotFound,
    Intercepted,
    InvalidArchive,
    InvalidImage,
    InvalidRecipe,
    InvalidRequest,
    InvalidSweep,
    NoSuchAddress,
    OutOfCredits,
    PlaygroundError,
    QueueFull,
    QuotaExceeded,
    RateLimited,
    RequestModerated,
    SampleBlocked,
    SampleExpired,
    StatusUnavailable,
    StorageError,
    StorageUnavailable,
    SubmitUnknown,
    TaskFailed,
    TaskNotFound,
    TaskTimeout,
    Unauthorized,
)

FREE = "You were not charged."
UNSURE = "You may have been charged. Check your BFL account."
PAID = "You may already have been charged. Downloading is free."


@dataclass(frozen=True)
class Words:
    """The message for a state or an error: title, what happened, what it cost, what to do next.

    `offers` names the actions that help, the best one first. `advice_without_seed` replaces the advice for an endpoint
    that takes no seed.
    """

    title: str
    happened: str
    cost: str = ""
    advice: str = ""
    offers: tuple[str, ...] = ()
    advice_without_seed: str = ""


ERRORS: dict[type[PlaygroundError], Words] = {
    InvalidRequest: Words(
        "The API rejected these settings",
        "Some values are invalid. They are marked in the form.",
        FREE,
        "Fix them and generate again.",
    ),
    InvalidRecipe: Words(
        "Can't read this recipe",
        "It has no settings, or the file is damaged.",
        FREE,
        "Use the file as it was saved.",
    ),
    InvalidArchive: Words(
        "Can't import this file",
        "It is damaged, too large, or not safe to open.",
        FREE,
        "Export the images again.",
    ),
    InvalidSweep: Words(
        "Can't use this sweep",
        "An axis or the plan has an error.",
        FREE,
        "Fix it and start again.",
    ),
    QuotaExceeded: Words(
        "Limit reached",
        "This page's image limit is used up.",
        FREE,
        "Try again later, or add your own API key.",
        ("key",),
    ),
    StorageUnavailable: Words(
        "Images can't be stored",
        "Nothing was sent.",
        FREE,
        "Check the data folder or the bucket, then try again.",
        ("again",),
    ),
    StorageError: Words(
        "Records can't be written",
        "The data folder, the bucket or the database can't be used.",
        UNSURE,
        "Free some space or check the connection, then try again.",
        ("again",),
    ),
    QueueFull: Words(
        "The queue is full",
        "Too many images are waiting.",
        FREE,
        "Try again when a few images have finished.",
    ),
    Unauthorized: Words(
        "Invalid API key",
        "The key is missing, wrong or revoked.",
        FREE,
        "Check the key and try again.",
        ("key", "again"),
    ),
    OutOfCredits: Words(
        "Not enough credits",
        "This account can't pay for the image.",
        FREE,
        "Add credits at BFL, then retry.",
        ("again", "key"),
    ),
    RateLimited: Words(
        "Rate limit reached",
        "This key has too many images running.",
        FREE,
        "Wait for them to finish, then retry.",
        ("again",),
    ),
    FinetuneNotFound: Words(
        "Finetune not found",
        "It may still be training, or belong to another region: finetunes work only where they were trained.",
        FREE,
        "Check the ID and the server.",
        ("regions", "again"),
    ),
    APIError: Words(
        "API error",
        "The API could not process the request. Your settings may be fine.",
        "You were probably not charged.",
        "Try again in a moment.",
        ("again",),
    ),
    Intercepted: Words(
        "Request blocked on the way",
        "Something between this program and the API refused the request.",
        FREE,
        "Check the proxy, firewall or VPN, then try again. Your key may be fine.",
        ("again",),
    ),
    NoSuchAddress: Words(
        "No such address at the API",
        "The base URL or the document is out of date.",
        FREE,
        "Check FLUX_PLAYGROUND_BASE_URL, or load a newer document.",
    ),
    DownloadFailed: Words(
        "Couldn't download the image",
        "The image is ready at BFL, but the download failed.",
        PAID,
        "Download again.",
        ("collect", "again"),
    ),
    APIUnreachable: Words(
        "Can't reach the API",
        "Nothing was sent.",
        FREE,
        "Check your connection; the API may be down.",
        ("again",),
    ),
    SubmitUnknown: Words(
        "No confirmation from the API",
        "The request was sent, but no usable reply came back.",
        UNSURE,
        "Retrying may charge you twice.",
        ("again",),
    ),
    RequestModerated: Words(
        "Prompt blocked by moderation",
        "No image was made.",
        "The API may still charge.",
        "Rephrase the prompt or raise the safety tolerance.",
    ),
    ContentModerated: Words(
        "Image blocked by moderation",
        "It was generated, then blocked, and can't be retrieved.",
        "The API may charge for it.",
        "Try another seed, rephrase the prompt, or raise the safety tolerance.",
        ("vary",),
        "Generate again, rephrase the prompt, or raise the safety tolerance.",
    ),
    TaskNotFound: Words(
        "Task lost",
        "The API accepted this request but can no longer find it.",
        UNSURE,
        "Check again for free, or retry with the same seed.",
        ("collect", "again"),
        "Check again for free, or retry.",
    ),
    TaskFailed: Words(
        "Generation failed",
        "The API accepted the request but couldn't finish it.",
        UNSURE,
        "Retry. If it keeps failing, change the prompt or the finetune.",
        ("again",),
    ),
    TaskTimeout: Words(
        "Timed out",
        "There is no result yet. It may still finish.",
        PAID,
        "Check again any time. It's free.",
        ("collect", "again"),
    ),
    StatusUnavailable: Words(
        "Couldn't get the status",
        "The API accepted the request, but the last status check failed.",
        PAID,
        "Check again any time. It's free.",
        ("collect", "again"),
    ),
    SampleExpired: Words(
        "Download link expired",
        "The image is ready, but its link expired.",
        PAID,
        "Get a new link.",
        ("collect", "again"),
    ),
    SampleBlocked: Words(
        "Image address refused",
        "The image is ready, but its address is not safe to request from here.",
        PAID,
        "Check the DNS, VPN or proxy of this machine, then download again.",
        ("collect", "again"),
    ),
    InvalidImage: Words(
        "Download incomplete",
        "The file was cut off or isn't an image.",
        PAID,
        "Download again.",
        ("collect", "again"),
    ),
    PlaygroundError: Words(
        "Something went wrong",
        "This is a bug in FLUX Playground.",
        UNSURE,
        "Retry. Details are in the log.",
        ("again",),
    ),
}
