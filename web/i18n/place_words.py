"""Words and pictures for where a parcel is received: at the door, at a pickup point, or from a box nobody attends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from codes.model import Place
from web.i18n import N_, text

Three = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """What is said where a parcel is received; ``pictures`` are symbols of icons.svg, and of the mail's folder."""

    show: str
    only: str
    story: Three
    steps: Three
    pictures: Three
    screen: str
    wrong_tries: str
    valid_until: str


PLACE_WORDS: Mapping[Place, PlaceWords] = {
    Place.DOOR: PlaceWords(
        show=N_("Show it at the door. Then you get your parcel."),
        only=N_("Only at the door, with the parcel in sight."),
        story=(
            N_("The driver is in front of you with the parcel."),
            N_("You show this code, on your phone or on paper."),
            N_("Green: the parcel is yours."),
        ),
        steps=(N_("The parcel arrives"), N_("Show the code"), N_("Take the parcel")),
        pictures=("story-1", "story-2", "story-3"),
        screen=N_("The driver's screen showed this number"),
        wrong_tries=N_("If that was at your door, all is well. If not, do not tell anybody your code."),
        valid_until=N_("The code is valid until %(moment)s, including for a second visit and at the pickup point."),
    ),
    Place.PICKUP_POINT: PlaceWords(
        show=N_("Show it at the pickup point. Then you get your parcel."),
        only=N_("Only at the pickup point, at the counter."),
        story=(
            N_("Your parcel is waiting at the pickup point."),
            N_("You show this code there, on your phone or on paper."),
            N_("Green: the parcel is yours."),
        ),
        steps=(N_("The parcel is waiting"), N_("Show the code"), N_("Take the parcel")),
        pictures=("story-shelf", "story-2", "story-counter"),
        screen=N_("The screen at the counter showed this number"),
        wrong_tries=N_("If that was you at the pickup point, all is well. If not, do not tell anybody your code."),
        valid_until=N_("The code is valid until %(moment)s."),
    ),
    Place.UNATTENDED: PlaceWords(
        show=N_("Hold it up to the camera on the box. Then it opens."),
        only=N_("Only at the box, in front of its camera."),
        story=(
            N_("Your parcel is waiting in the box."),
            N_("You hold this code up to its camera, on your phone or on paper."),
            N_("Green: the box opens, and the parcel is yours."),
        ),
        steps=(N_("The parcel is waiting"), N_("Show the code"), N_("Take the parcel")),
        pictures=("story-hatch", "story-2", "story-hatch-open"),
        screen=N_("The screen on the box showed this number"),
        wrong_tries=N_("If that was you at the box, all is well. If not, do not tell anybody your code."),
        valid_until=N_("The code is valid until %(moment)s."),
    ),
}

NEVER = N_("Never by phone, never by message.")

# The keys stand in `config.yaml`, so others are possible; those are shown as they are written.
WHY_WORDS: Mapping[str, str] = {
    "high_value": N_("This parcel needs a code because of its value."),
    "sender_asked": N_("This parcel needs a code because its sender asked for it."),
    "lost_before": N_("This parcel needs a code because an earlier one was lost or disputed."),
    "disputed_before": N_("This parcel needs a code because an earlier one was lost or disputed."),
}
WHY = N_("This parcel needs a code: %(reason)s.")
WHY_NOT_SAID = N_("This parcel is only handed over with a code.")


def only_there(language: str, place: Place) -> str:
    """Say where alone a code is shown."""
    return f"{text(language, PLACE_WORDS[place].only)} {text(language, NEVER)}"


def words_at(place: Place, language: str) -> dict[str, Any]:
    """Return what a page says where a parcel is received."""
    words = PLACE_WORDS[place]
    return {
        "show": text(language, words.show),
        "only": text(language, words.only),
        "never": text(language, NEVER),
        "story": [(name, text(language, step)) for name, step in zip(words.pictures, words.steps, strict=True)],
        "screen": text(language, words.screen),
    }


def map_link(place: str) -> str | None:
    """Return where a map shows a place that people named; None where none is named."""
    return f"https://www.openstreetmap.org/search?{urlencode({'query': place})}" if place.strip() else None


def why_code(reason: str) -> tuple[str, dict[str, str]]:
    """Return the English sentence that says why a parcel needs a code, and what stands in it; of a gift it says less.

    ``reason`` is the policy's key, or empty where the reason would tell what a gift is worth.
    """
    if reason in WHY_WORDS:
        return WHY_WORDS[reason], {}
    if not reason or reason == "no_rule":
        return WHY_NOT_SAID, {}
    return WHY, {"reason": reason.replace("_", " ")}
