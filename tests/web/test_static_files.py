"""Files that pages name by their addresses are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

WEB = Path(__file__).parents[2] / "web"
STATIC = WEB / "static"
NAMED = re.compile(r"filename='([^']+\.[a-z]+)'")
STYLES = re.compile(r"\{\{ styles\((.+?)\) \}\}")
MODULE = re.compile(r"\{\{ module\(\"([^\"]+)\"\) \}\}")
TEMPLATES = sorted(WEB.glob("templates/**/*.html"))
LONGEST_LINE = 120
TESTS = Path(__file__).parents[1]
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)
VARIABLES = {STATIC / "css" / "base" / name for name in ("variables.css", "dark.css")}
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(", re.IGNORECASE)
PICTURE = re.compile(r"""(?:\b(?:icon|pictureButton)\(\s*|\b(?:picture|small): )"([a-z][a-z0-9-]*[a-z0-9])\"""")
BUTTONS = {"button": 1, "link": 2, "post": 2, "more": 1, "confirm": 3, "small_icon": 0}
"""The macros that show a picture in the size of a button, and which argument names it."""
SCRIPT = re.compile(r"script=\"([^\"{]+\.js)\"")


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda path: path.name)
def test_what_a_template_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    styles = [name for call in STYLES.findall(text) for name in re.findall(r'"([^"]+)"', call)]
    named = [
        *NAMED.findall(text),
        *(f"js/{name}" for name in MODULE.findall(text)),
        *(f"css/{name}.css" for name in styles),
    ]
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_every_style_sheet_is_named_by_a_page() -> None:
    pages = [*TEMPLATES, STATIC / "kiosk-agent.html"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    sheets = [path.relative_to(STATIC / "css").with_suffix("").as_posix() for path in STATIC.glob("css/**/*.css")]
    assert [name for name in sheets if f'"{name}"' not in text] == []


def test_only_the_sheets_of_variables_name_colours() -> None:
    sheets = [path for path in STATIC.glob("css/**/*.css") if path not in VARIABLES]
    assert [(path.name, COLOUR.findall(path.read_text())) for path in sheets if COLOUR.search(path.read_text())] == []


def test_every_class_of_a_style_sheet_is_on_a_page() -> None:
    sheets = "".join(
        re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in STATIC.glob("css/**/*.css")
    )
    pages = [*TEMPLATES, *STATIC.glob("js/**/*.js"), *STATIC.glob("*.html")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = {
        name for selector in re.findall(r"([^{}]+)\{", sheets) for name in re.findall(r"\.([a-z][\w-]*)", selector)
    }
    # Put together on the page: "tour-done" of "tour-" and how the parcel stands.
    stems = set(re.findall(r"([\w-]+-)(?:\$\{|\{\{)", text))
    unused = {name for name in named if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    assert {name for name in unused if f"{name.rpartition('-')[0]}-" not in stems} == set()


def test_no_line_of_a_template_is_too_long() -> None:
    long = [
        f"{path.name}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert long == []


def test_the_scripts_that_views_name_are_there() -> None:
    named = [name for path in WEB.glob("devices/*.py") for name in SCRIPT.findall(path.read_text())]
    assert named
    assert [name for name in named if not (STATIC / "js" / name).is_file()] == []


def test_what_a_script_gives_to_others_is_taken_by_one() -> None:
    scripts = {path: path.read_text(encoding="utf-8") for path in STATIC.glob("js/**/*.js")}
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in TESTS.rglob("*") if path.suffix in (".js", ".mjs", ".py")
    )
    taken = re.findall(r"\{([^{}]+)\} (?:=|from) ", "\n".join(scripts.values()) + tests)
    names = {name.split(" as ")[0].split(":")[0].strip() for each in taken for name in each.split(",")}
    given = {name for text in scripts.values() for name in EXPORT.findall(text)}
    assert given
    assert given - names == set()


def test_every_picture_of_a_button_is_drawn_for_its_size() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)-small"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    trees = [Environment(extensions=["jinja2.ext.i18n"]).parse(path.read_text(encoding="utf-8")) for path in TEMPLATES]
    calls = [call for tree in trees for call in tree.find_all(nodes.Call)]
    named = {
        argument.value
        for call in calls
        if isinstance(call.node, nodes.Name)
        if (place := BUTTONS.get(call.node.name)) is not None
        for argument in call.args[place : place + 1]
        if isinstance(argument, nodes.Const) and argument.value
    }
    assert {"print", "mail", "record"} <= named
    assert named - drawn == set()


def test_every_picture_that_a_page_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    named = {
        name
        for path in [*STATIC.glob("js/**/*.js"), *TEMPLATES]
        for name in PICTURE.findall(path.read_text(encoding="utf-8"))
    }
    assert {"lens", "hand-over-small"} <= named
    assert named - drawn == set()
