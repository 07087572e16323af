"""Reads a prompt as a landscape: hour, weather, season, land, water, flowers and color words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Color = tuple[int, int, int]

WORDS = {
    "hour": {
        "dawn": "dawn sunrise morning daybreak early",
        "day": "day noon midday sunny daylight summer",
        "golden": "golden afternoon warm",
        "sunset": "sunset sundown evening",
        "dusk": "dusk twilight",
        "night": "night midnight moon moonlit stars starry dark neon aurora",
    },
    "weather": {
        "cloudy": "cloud clouds cloudy overcast grey gray",
        "rain": "rain rainy raining drizzle wet",
        "storm": "storm stormy thunder thunderstorm tempest",
        "snow": "snow snowy snowing blizzard",
        "fog": "fog foggy mist misty haze hazy smoke",
        "clear": "clear cloudless",
    },
    "season": {
        "autumn": "autumn fall autumnal october november maple",
        "spring": "spring cherry blossom blossoms sakura",
        "winter": "winter snow snowy snowing blizzard ice icy frozen arctic christmas",
    },
    "land": {
        "mountains": "mountain mountains alps peak peaks cliff cliffs valley rocky summit canyon fjord castle dragon",
        "hills": "hill hills countryside farm vineyard village house cottage rural road meadow field fields garden",
        "desert": "desert dune dunes sahara sand cactus pyramid mars",
        "city": "city town skyline street skyscraper skyscrapers downtown urban tokyo york london paris berlin"
        " building buildings tower cyberpunk futuristic architecture car",
        "forest": "forest woods wood tree trees pine pines jungle fir birch bear fox wolf deer",
    },
    "water": {
        "sea": "sea ocean beach coast shore island wave waves harbor harbour boat ship sail lighthouse whale sailing",
        "lake": "lake river pond reflection reflections water lagoon bay waterfall fish",
    },
}
FLOWERS = ("flower", "flowers", "meadow", "poppy", "poppies", "tulips", "sunflower", "sunflowers", "rose", "roses")

COLORS = """
    red d63c38  crimson b41e3c  orange f08c32  amber ffb43c  yellow fad650  gold e2b450  green 46a05a
    emerald 1e966e  teal 1e9696  turquoise 3cbebe  cyan 50c8dc  blue 3c6ed2  indigo 4646aa
    purple 8250b4  violet 965ac8  lavender aa96dc  pink f08caa  magenta dc46a0  brown 825a3c
    black 1e1e24  white f0f0ec
"""
FLOWER_COLORS = {"poppy": "red", "poppies": "red", "sunflower": "yellow", "sunflowers": "yellow", "rose": "pink"}

LIGHTS = ("in the golden light of late afternoon", "at dusk with the first lamps lit", "under a wide summer sky")
MOODS = ("calm and spacious", "vivid and full of small details", "quiet and a little mysterious")
STYLES = ("layered depth, fine grain", "a wide view with a low horizon", "clear shapes and gentle contrast")


def seeded_random(*keys: object) -> np.random.Generator:
    """Return a random generator; equal keys give equal numbers on one machine."""
    digest = hashlib.sha256("\0".join(map(str, keys)).encode("utf-8", "backslashreplace")).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def hex_color(text: str) -> Color:
    """Return the color of six hexadecimal digits."""
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:6], 16)


@dataclass(frozen=True)
class Scene:
    """What to render; every part is set, either by the prompt or at random from prompt and seed."""

    hour: str
    weather: str
    season: str
    land: str
    water: str
    flowers: bool
    colors: tuple[Color, ...]


def parse_prompt(prompt: str, seed: int) -> Scene:
    """Return the scene that a prompt describes; what the prompt leaves open depends on prompt and seed."""
    words = re.findall(r"[^\W_]+", prompt.lower())
    random = seeded_random("scene", *words, seed)
    found = {
        kind: [value for word in words for value, names in values.items() if word in names.split()]
        for kind, values in WORDS.items()
    }
    colors = dict(zip(COLORS.split()[::2], map(hex_color, COLORS.split()[1::2]), strict=True))
    named = [FLOWER_COLORS.get(word, word) for word in words]
    land = found["land"][0] if found["land"] else ""
    water = found["water"][0] if found["water"] else ""
    if not land and not water:
        land, water = _choose(random, ("mountains", "hills", "forest")), _choose(random, ("", "lake"))
    return Scene(
        hour=found["hour"][-1] if found["hour"] else _choose(random, ("dawn", "day", "golden", "sunset", "dusk")),
        weather=found["weather"][-1] if found["weather"] else _choose(random, ("clear", "clear", "cloudy")),
        season=found["season"][-1] if found["season"] else "",
        land=land or "hills",
        water=water,
        flowers=any(word in FLOWERS for word in words),
        colors=tuple(colors[word] for word in dict.fromkeys(named) if word in colors)[:3],
    )


def upsample_prompt(prompt: str, seed: int) -> str:
    """Return a longer prompt, as prompt upsampling does; the same prompt and seed give the same text."""
    random = seeded_random("upsampling", prompt, seed)
    subject = prompt.strip().rstrip(".,;") or "A lake between mountains"
    return f"{subject}, {_choose(random, LIGHTS)}; {_choose(random, MOODS)}, {_choose(random, STYLES)}."


def _choose(random: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(random.integers(len(values)))]
