"""What a prompt asks for, as far as a small painter understands it; and a prompt rewritten at more length.

Knows words only: nothing of colours' values, shapes or requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from .canvas import Dice

# A word or phrase -> what it sets. A later word of the same kind adds to the places and replaces anything else.
_MEANINGS = {
    "hour": {
        "dawn": "dawn sunrise morning daybreak early",
        "day": "day noon midday sunny daylight summer",
        "golden": "golden afternoon warm",
        "sunset": "sunset sundown evening",
        "dusk": "dusk twilight gloaming",
        "night": "night midnight moon moonlit stars starry nocturnal dark neon",
    },
    "weather": {
        "cloudy": "cloud clouds cloudy overcast grey gray",
        "rain": "rain rainy raining drizzle wet",
        "storm": "storm stormy thunder thunderstorm tempest lightning",
        "snow": "snow snowy snowing blizzard winter ice icy frozen",
        "fog": "fog foggy mist misty haze hazy smoke",
        "clear": "clear cloudless",
    },
    "season": {
        "autumn": "autumn fall autumnal october november maple",
        "spring": "spring cherry blossom blossoms april sakura",
        "snow": "winter snow snowy christmas arctic",
    },
    "place": {
        "mountains": "mountain mountains alps peak peaks cliff cliffs valley rocky summit canyon fjord dragon castle",
        "hills": "hill hills countryside farm vineyard village house cottage rural road train",
        "desert": "desert dune dunes sahara sand camel mars cactus pyramid",
        "sea": "sea ocean beach coast shore island wave waves harbour harbor boat ship sail sailing whale lighthouse",
        "lake": "lake river pond reflection reflections water lagoon bay waterfall bridge fish",
        "city": "city town skyline street skyscraper skyscrapers downtown urban tokyo york london paris berlin"
        " building buildings tower cyberpunk futuristic car taxi architecture",
        "forest": "forest woods wood tree trees pine pines jungle fir birch bear fox wolf deer owl squirrel",
        "meadow": "meadow field fields flower flowers garden grass poppy poppies tulip tulips sunflower sunflowers"
        " lavender rose roses bee butterfly horse cow sheep rabbit picnic",
        "portrait": "portrait face person woman man girl boy child people lady gentleman queen king selfie headshot"
        " model astronaut wizard knight samurai she he hair eyes smile",
        "abstract": "abstract pattern geometric shapes minimal minimalist cubist bauhaus texture logo poster graphic"
        " waveform fractal circles lines",
        "space": "space planet planets galaxy cosmos universe nebula asteroid rocket alien saturn",
        "cat": "cat cats kitten kitty feline pussycat dog puppy pet",
    },
    "prop": {
        "boat": "boat sail sailing sailboat ship yacht",
        "birds": "bird birds gull gulls geese flock raven crow",
        "balloon": "balloon balloons airship",
        "lighthouse": "lighthouse beacon",
        "house": "house cottage cabin farm hut barn chalet home",
        "village": "village hamlet houses cottages town",
    },
}


def _known() -> dict[str, tuple[tuple[str, str], ...]]:
    """What each word sets: kinds and values, for a word can have several meanings."""
    known: dict[str, tuple[tuple[str, str], ...]] = {}
    for kind, values in _MEANINGS.items():
        for value, words in values.items():
            for word in words.split():
                known[word] = (*known.get(word, ()), (kind, value))
    return known


_WORDS = _known()
_PAIRS = {"golden hour": ("hour", "golden"), "northern lights": ("hour", "night"), "milky way": ("hour", "night")}
_SCENERY = ("mountains", "hills", "sea", "lake", "forest", "desert", "city", "meadow")
_HOURS = ("dawn", "day", "golden", "sunset", "dusk", "night", "day", "golden")


@dataclass(frozen=True)
class Scene:
    """What is to be painted: an hour, a weather, a season ("" for none), places, things, and words for colours."""

    hour: str
    weather: str
    season: str
    places: tuple[str, ...]
    props: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    spoken: tuple[str, ...] = field(default=(), repr=False)


def read(prompt: str, seed: int, colour_words: frozenset[str]) -> Scene:
    """The scene of a prompt; what it leaves open is drawn by the prompt and the seed."""
    spoken = tuple(re.findall(r"[^\W_]+|[\u2600-\u27bf\U0001f000-\U0001faff]", prompt.lower()))
    pairs = [f"{one} {two}" for one, two in pairwise(spoken)]
    taken = {word for pair in pairs if pair in _PAIRS for word in pair.split()}
    named = [word for word in spoken if word not in taken]
    said: dict[str, list[str]] = {}
    for kind, value in [meaning for word in named for meaning in _WORDS.get(word, ())]:
        said.setdefault(kind, []).append(value)
    for kind, value in [_PAIRS[pair] for pair in pairs if pair in _PAIRS]:
        said.setdefault(kind, []).append(value)
    dice = Dice("scene", *spoken, seed)
    places = tuple(dict.fromkeys(said.get("place", []))) or (dice.pick(_SCENERY),)
    return Scene(
        hour=said["hour"][-1] if "hour" in said else dice.pick(_HOURS),
        weather=said["weather"][-1] if "weather" in said else dice.pick(("clear", "clear", "cloudy")),
        season=said["season"][-1] if "season" in said else "",
        places=places,
        props=tuple(dict.fromkeys(said.get("prop", []))),
        colours=tuple(word for word in dict.fromkeys(named) if word in colour_words)[:3],
        spoken=spoken,
    )


_LIGHTS = (
    "in the golden light of late afternoon",
    "at dusk, the first lamps being lit",
    "at sunrise, with long soft shadows",
    "under a wide summer sky at noon",
    "on a clear night with a bright moon",
)
_MOODS = ("calm and spacious", "vivid, full of small details", "quiet and a little mysterious", "fresh after rain")
_MANNERS = (
    "layered depth, fine grain, a restrained palette",
    "a wide view with a low horizon and drifting clouds",
    "clear shapes, gentle contrast, birds far off",
)


def upsampled(prompt: str, seed: int) -> str:
    """The prompt rewritten at more length, as prompt upsampling does; the same prompt and seed give the same words."""
    dice = Dice("upsampling", prompt, seed)
    subject = prompt.strip().rstrip(".,;") or dice.pick(("A lake between mountains", "A meadow before a forest"))
    return f"{subject}, {dice.pick(_LIGHTS)}; {dice.pick(_MOODS)}, {dice.pick(_MANNERS)}."
