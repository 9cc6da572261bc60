"""Build the catalogues: collect texts from the code, compile what people have translated.

`python -m web.i18n.catalogues compile` makes what the service reads: a .mo for the server, a JSON copy for the pages.
`python -m web.i18n.catalogues update` collects new texts from the code into the catalogues.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.core import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from web.i18n import DOMAIN, LOCALES
from web.i18n.languages import BY_CODE, KNOWN, SOURCE
from web.i18n.outcome_words import CALL_DEPOT, FOR_RECIPIENTS, WORDING

WEB = Path(__file__).parents[1]
PAGES = WEB / "static" / "locales"
TEMPLATE = LOCALES / f"{DOMAIN}.pot"
# Only staff see these; a language has all of them or none (`Language.for_staff`).
STAFF_PLACES = (
    "web/i18n/action_words.py",
    "web/i18n/fact_words.py",
    "web/i18n/office_words.py",
    "web/importing/",
    "web/office/",
    "web/templates/office/",
    "web/static/js/office",
    "web/webhooks/outside.py",
)
# What to look through, how, and by which function names a text is known.
SOURCES = (
    ("**/*.py", "python", {"_": None, "N_": None, "text": (2,), "ngettext": (1, 2)}),
    ("**/templates/**/*.html", "jinja2.ext.babel_extract", {"_": None, "gettext": None, "ngettext": (1, 2)}),
    ("**/templates/**/*.txt", "jinja2.ext.babel_extract", {"_": None, "gettext": None, "ngettext": (1, 2)}),
    ("static/js/**/*.js", "javascript", {"t": None}),
)


def update_all() -> None:
    """Collect the texts of the code into the template and into each language's catalogue."""
    template = collected()
    _write(template, TEMPLATE)
    for code, path in _catalogue_files():
        known = _read(path, code)
        known.update(template, no_fuzzy_matching=True)
        known.obsolete.clear()
        if not BY_CODE[code].for_staff:
            for entry in filter(is_for_staff, known):
                entry.string = ""
        _write(known, path)


def compile_all() -> None:
    """Write each language's .mo, the pages' JSON copies, and the verdicts' words in all languages."""
    PAGES.mkdir(parents=True, exist_ok=True)
    words: dict[str, dict[str, dict[str, str]]] = {SOURCE: _verdict_words({})}
    texts: dict[str, dict[str, str]] = {SOURCE: {}}
    (PAGES / f"{SOURCE}.json").write_text("{}\n")
    for code, path in _catalogue_files():
        read = _read(path, code)
        with path.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read)
        translated = {str(entry.id): str(entry.string) for entry in read if entry.id and entry.string}
        for_pages = {
            str(entry.id): str(entry.string)
            for entry in read
            if entry.id and entry.string and any("static/js" in place for place, _ in entry.locations)
        }
        _write_json(PAGES / f"{code}.json", for_pages)
        words[code] = _verdict_words(translated)
        texts[code] = {text: translated[text] for text in FOR_RECIPIENTS if text in translated}
    looks = {
        str(outcome): {"tone": shown.tone, "picture": shown.picture, "calls_depot": shown.step == CALL_DEPOT}
        for outcome, shown in WORDING.items()
    }
    languages = [
        {"code": language.code, "name": language.native_name, "direction": language.direction}
        for language in KNOWN
        if language.code in words
    ]
    _write_json(PAGES / "verdicts.json", {"looks": looks, "languages": languages, "words": words, "texts": texts})


def _verdict_words(translated: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        str(outcome): {
            "word": translated.get(shown.word, shown.word),
            "step": translated.get(shown.step, shown.step),
            "own_step": translated.get(shown.own_step, shown.own_step),
        }
        for outcome, shown in WORDING.items()
    }


def collected() -> Catalog:
    """Return every text of the code, with the files that show it."""
    template = Catalog(project="Doorcode", charset="utf-8")
    for pattern, method, keywords in SOURCES:
        for path in sorted(WEB.glob(pattern)):
            place = path.relative_to(WEB.parent).as_posix()
            for _line, message, comments, context in extract_from_file(method, path, keywords, ["Translators:"]):
                template.add(message, None, [(place, 1)], auto_comments=comments, context=context)
    return template


def is_for_staff(entry: Message) -> bool:
    """Tell whether only the office's pages show this text."""
    return all(place.startswith(STAFF_PLACES) for place, _line in entry.locations)


def _catalogue_files() -> Iterator[tuple[str, Path]]:
    for language in KNOWN:
        path = LOCALES / language.code / "LC_MESSAGES" / f"{DOMAIN}.po"
        if path.exists():
            yield language.code, path


def _read(path: Path, code: str) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=code)


def _write(catalogue: Catalog, path: Path) -> None:
    # No dates and no line numbers: a catalogue changes only when its texts do.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_po(target, catalogue, width=120, include_lineno=False, sort_output=True, omit_header=False)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Run `compile` or `update`."""
    doors: dict[str, Callable[[], None]] = {"compile": compile_all, "update": update_all}
    if len(arguments) != 1 or arguments[0] not in doors:
        print("usage: python -m web.i18n.catalogues compile | update", file=sys.stderr)
        return 2
    try:
        doors[arguments[0]]()
    except (OSError, UnknownLocaleError) as error:
        print(f"The catalogues could not be built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
