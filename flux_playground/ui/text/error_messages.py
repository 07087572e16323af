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
    InvalidImage,
    InvalidRecipe,
    InvalidRequest,
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
    """What is said of one state: a short title, what happened, what it cost, what to do next.

    `offers` names the actions that help ("again", "collect", "key"), the best one first.
    """

    title: str
    happened: str
    cost: str = ""
    advice: str = ""
    offers: tuple[str, ...] = ()


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
    QuotaExceeded: Words(
        "The allowance is used up",
        "This page has a limit, and it has been reached.",
        FREE,
        "Wait until it comes back, or use a key of your own.",
        ("key",),
    ),
    StorageError: Words(
        "Data folder not usable",
        "Nothing more can be written to the disk.",
        UNSURE,
        "Free some space or check the folder, then try again.",
        ("again",),
    ),
    QueueFull: Words(
        "Busy",
        "As many wait in line here as can be taken on.",
        FREE,
        "Generate again when some of them are done. Your form is as you left it.",
    ),
    Unauthorized: Words(
        "Invalid API key",
        "The key is missing, wrong or revoked.",
        FREE,
        "Check the key and try again.",
        ("key", "again"),
    ),
    OutOfCredits: Words(
        "No credits left",
        "The account behind this key has none left for this image.",
        FREE,
        "Add credits in your account at the API, then send it again.",
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
        "The API cannot find this finetune",
        "Either the id is mistyped, or it is still training, or it was trained in another region: "
        "a finetune is known only to the server of the region where it was trained.",
        FREE,
        "Check the id. For another region, whoever runs this page names its server in FLUX_PLAYGROUND_BASE_URL.",
        ("again",),
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
        "The request was refused by moderation",
        "The API judged that the prompt, or the image in it, asks for something it does not draw.",
        "The API decides whether it charges for this; no image was made.",
        "Word the prompt differently, or raise the safety tolerance.",
    ),
    ContentModerated: Words(
        "The image was withheld by moderation",
        "The API drew it and then judged that it must not be shown.",
        "The API decides whether it charges for this; the image cannot be had.",
        "Another seed often passes; or word the prompt differently, or raise the safety tolerance.",
        ("vary",),
    ),
    TaskNotFound: Words(
        "Task lost",
        "The API accepted this request but can no longer find it.",
        UNSURE,
        "Check again for free, or retry with the same seed.",
        ("collect", "again"),
    ),
    TaskFailed: Words(
        "The API could not make this image",
        "It accepted the request and then failed; this is not the doing of your settings, as far as it says.",
        UNSURE,
        "Send it again; if it keeps failing, change the prompt or the finetune.",
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
        "The image is ready, but its 10-minute link expired.",
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
        "Something went wrong here",
        "The fault is this program's, not yours.",
        UNSURE,
        "Send it again; if it keeps happening, the program's log has the details.",
        ("again",),
    ),
}
