"""The languages the pages and mails can speak: native names, no flags, and which way they are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language as its own speakers name it."""

    code: str
    native_name: str
    right_to_left: bool = False
    for_staff: bool = False
    """Its catalogue has the back office's texts too; others are offered on all other pages."""

    @property
    def direction(self) -> str:
        """Return the value of the `dir` attribute."""
        return "rtl" if self.right_to_left else "ltr"


# In order of evidence of who drives and who receives; a language is offered once it has a catalogue.
KNOWN = (
    Language("de", "Deutsch", for_staff=True),
    Language("en", "English", for_staff=True),
    Language("tr", "Türkçe"),
    Language("ar", "العربية", right_to_left=True),
    Language("ru", "Русский"),
    Language("pl", "Polski"),
    Language("ro", "Română"),
    Language("uk", "Українська"),
    Language("bg", "Български"),
    Language("hr", "Hrvatski"),
    Language("sr", "Српски"),
    Language("fa", "فارسی", right_to_left=True),
    Language("sq", "Shqip"),
    Language("it", "Italiano"),
    Language("el", "Ελληνικά"),
    Language("hu", "Magyar"),
    Language("es", "Español"),
    Language("fr", "Français"),
    Language("pt", "Português"),
    Language("ti", "ትግርኛ"),
)
BY_CODE = {language.code: language for language in KNOWN}
# The texts in the code are English; a text without translation is shown in it.
SOURCE = "en"
