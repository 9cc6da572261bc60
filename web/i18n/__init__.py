"""Words in the reader's language: choose the language, look the text up."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from babel import localedata
from babel.core import get_global, negotiate_locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_gmt
from babel.languages import get_official_languages
from babel.numbers import format_decimal
from flask import Flask, Response, g, request

from codes.settings import HouseSettings
from codes.values.phones import country_of
from web.i18n.languages import BY_CODE, KNOWN, SOURCE, Language

LOCALES = Path(__file__).parent / "locales"
DOMAIN = "messages"
DEFAULT = "de"
"""Spoken to whoever asks for none that is spoken here."""
# Kept a year: a driver chooses once. Holds a language code and nothing else.
COOKIE = "doorcode_language"
COOKIE_SECONDS = 365 * 24 * 3600
LEFT_TO_RIGHT = "\u200e"


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "mark, translate later"
    """Mark a text for the catalogues without translating it yet."""
    return message


@cache
def offered() -> tuple[Language, ...]:
    """Return the languages that have a catalogue, in the order they are shown."""
    return tuple(language for language in KNOWN if language.code == SOURCE or _source_file(language.code).exists())


def offered_here() -> tuple[Language, ...]:
    """Return the languages of the requested page; the back office speaks only those that have all of its texts."""
    is_office = request.path.startswith("/office")
    return tuple(language for language in offered() if language.for_staff or not is_office)


@cache
def catalogue(code: str) -> gettext.NullTranslations:
    """Return the compiled texts of one language; without them the English ones."""
    return gettext.translation(DOMAIN, LOCALES, [code], fallback=True)


def language_named(code: str | None, default: str = SOURCE) -> Language:
    """Return the offered language of that code, else the default one."""
    spoken = {language.code: language for language in offered()}
    return spoken.get((code or "").lower().replace("_", "-").split("-")[0]) or spoken.get(default) or BY_CODE[SOURCE]


def text(code: str, message: str, **values: object) -> str:
    """Return a text in one language with its `%(name)s` values put in."""
    translated = catalogue(code).gettext(message)
    return translated % values if values else translated


def left_to_right(code: str, written: str) -> str:
    """Return a number so that its parts keep their places among words of a language that is read from right to left.

    There `483 920` would stand as `920 483`, and `0034-ABC` as `ABC-0034` (UAX #9, N1); on pages `<bdi>` does the same.
    """
    return f"{LEFT_TO_RIGHT}{written}{LEFT_TO_RIGHT}" if language_named(code).right_to_left else written


def locale_of(code: str, house: HouseSettings) -> str:
    """Return the customs by which a language writes times and numbers: the house's own, else its country's."""
    if house.locale and house.locale.split("_")[0] == code:
        return house.locale
    of_country = f"{code}_{house.country}"
    return of_country if house.country and localedata.exists(of_country) else code


def may_live_elsewhere(code: str, phone: str | None, house: HouseSettings) -> bool:
    """Tell whether somebody may live by another clock than the house's, so that its zone has to be named to them.

    A phone number says in which country; without one, a language that is none of the house's country leaves it open.
    """
    country = house.country or get_global("zone_territories").get(house.zone) or ""
    spoken = get_official_languages(country, regional=True, de_facto=True)
    if not spoken:
        return False
    if phone:
        return country_of(phone) != country
    return code not in spoken


def local_time(
    code: str, moment: datetime | None, house: HouseSettings, *, with_date: bool = True, with_zone: bool = False
) -> str:
    """Return a moment as a person of that language writes it, by the house's clock and in Western digits."""
    if moment is None:
        return ""
    here, locale = house.days.local(moment), locale_of(code, house)
    time = format_time(here, "short", locale=locale)
    if with_zone:
        time = f"{time} {get_timezone_gmt(here, locale=locale)}"
    return _western(f"{format_date(here, 'medium', locale=locale)}, {time}" if with_date else time)


def local_day(code: str, day: date, house: HouseSettings) -> str:
    """Return a day with its weekday as a person of that language writes it."""
    return _western(format_skeleton("yMMMEd", day, locale=locale_of(code, house)))


def current_language() -> Language:
    """Return the language of the request's reader."""
    if "language" not in g:
        g.language = _chosen_language()
    chosen: Language = g.language
    return chosen


def speak(code: str | None) -> None:
    """Set the reader's language where a page knows it better, unless the reader has asked for one."""
    if not request.args.get("lang"):
        g.language = language_named(code, default=current_language().code)


def install(app: Flask, house: HouseSettings) -> None:
    """Give the templates their words and remember a language that a reader has chosen."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # With newstyle, `_("… %(name)s", name=…)` escapes what is put in.
    install_texts: Callable[..., None] = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install_texts(
        lambda message: catalogue(current_language().code).gettext(message),
        lambda one, many, count: catalogue(current_language().code).ngettext(one, many, count),
        newstyle=True,
    )
    _install_filters(app, house)
    app.context_processor(
        lambda: {
            "language": current_language(),
            "languages": offered_here(),
            "in_language": _in_language,
            "house_settings": house,
        }
    )
    app.after_request(_remember_choice)


def _in_language(code: str) -> str:
    """Return the address of the page that is shown in another language, with all else that it says."""
    return f"?{urlencode(request.args.to_dict(flat=False) | {'lang': [code]}, doseq=True)}"


def _install_filters(app: Flask, house: HouseSettings) -> None:
    """Give the templates the house's clock, and the customs of the reader's language."""

    def locale() -> str:
        return locale_of(current_language().code, house)

    app.jinja_env.filters |= {
        "number": lambda number: _western(format_decimal(number, locale=locale())),
        "moment": lambda moment: local_time(current_language().code, moment, house),
        "clock": lambda moment: local_time(current_language().code, moment, house, with_date=False),
        "day": lambda day: _western(format_date(day, "medium", locale=locale())),
        "weekday": lambda day: local_day(current_language().code, day, house),
    }


def _chosen_language() -> Language:
    """Asked for in the address, else chosen before, else the browser's, else the house's."""
    codes = [language.code for language in offered_here()]
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in codes:
            return language_named(wish)
    wanted = [name for name, _ in request.accept_languages]
    found = negotiate_locale(wanted, codes, sep="-")
    return language_named(found or (DEFAULT if DEFAULT in codes else SOURCE))


def _remember_choice(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish and wish in {language.code for language in offered()}:
        response.set_cookie(COOKIE, wish, max_age=COOKIE_SECONDS, samesite="Lax", secure=request.is_secure)
    return response


def _source_file(code: str) -> Path:
    return LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def _western(written: str) -> str:
    """Digits have the same shapes everywhere: they are compared by eye across two languages."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in written)
