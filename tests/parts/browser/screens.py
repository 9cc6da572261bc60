"""Every screen that a driver can meet, one after the other, as one page shows them."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.parts.browser.people import type_digits, type_label
from web.i18n.outcome_words import WORDING

SHOW = """async ([outcome, language]) => {
  await (await import('/static/js/lib/words.js')).loadWords();
  const { VerdictScreen } = await import('/static/js/lib/handing/verdict.js');
  const details = {handed_over_at: '2026-11-24T10:02:00Z', newer_sent_at: '2026-11-24T07:30:00Z', tries_left: 3};
  const match_number = outcome === 'accepted' ? '47' : null;
  const parcels = [{reference: 'SAMPLE0001', outcome}];
  document.querySelectorAll('.verdict').forEach((shown) => shown.remove());
  const verdict = {outcome, details, recipient_language: language, parcels, match_number};
  new VerdictScreen().show(verdict, {onLater: () => undefined});
}"""
HINT = """async (name) => {
  await (await import('/static/js/lib/words.js')).loadWords();
  const { Hints } = await import('/static/js/lib/scanning/hints.js');
  const hints = new Hints(document.querySelector('[data-hint]'), async () => 'ordinary');
  const { picture, words } = hints.hint(name);
  hints.say(picture, words);
}"""
HELP = """async () => {
  await (await import('/static/js/lib/words.js')).loadWords();
  const { showCameraHelp } = await import('/static/js/lib/scanning/camera-help.js');
  showCameraHelp({ onAgain() {} });
}"""
HIDE_HINT = "document.querySelector('[data-hint]').hidden = true"
HINTS = ("back", "nearer", "brighter", "lamp", "wipe", "digits")
OUTCOMES = tuple(str(outcome) for outcome in WORDING)

OVERFLOW = """() => {
  const wide = [];
  const apart = '.only-heard, svg, option, [hidden], video, [type=file], .bar-name, .chip bdi';
  for (const each of document.querySelectorAll('body *')) {
    const { left, right, width } = each.getBoundingClientRect();
    if (!width || each.closest(apart)) continue;
    const scrolls = (each.localName === 'input' && each.value) || getComputedStyle(each).overflowX === 'visible';
    const clipped = !scrolls && each.scrollWidth > each.clientWidth + 1;
    const text = each.textContent.trim().slice(0, 40);
    if (right > innerWidth + 1 || left < -1 || clipped) wide.push(`${each.className || each.localName}: ${text}`);
  }
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (words.nextNode()) {
    const { parentElement: home, textContent: text } = words.currentNode;
    if (!text.trim() || home.closest(apart) || !home.getClientRects().length) continue;
    range.selectNodeContents(words.currentNode);
    const [shown, box] = [range.getBoundingClientRect(), home.getBoundingClientRect()];
    if (shown.right > box.right + 1 || shown.left < box.left - 1) wide.push(`text: ${text.trim().slice(0, 40)}`);
  }
  return wide;
}"""
"""What is cut off at a side, or sticks out of the page. What a field holds scrolls within it."""

CUT_LETTERS = """(boxes) => [...document.querySelectorAll(boxes)].filter((box) => {
  const { top, bottom, left, right } = box.getBoundingClientRect();
  const range = document.createRange();
  const words = ':is(strong, small, span)';
  return [...box.querySelectorAll(`${words}:not(.only-heard, :has(${words}))`)].some((each) => {
    range.selectNodeContents(each);
    const seen = getComputedStyle(each).overflow === 'hidden' ? each.getBoundingClientRect() : null;
    const shown = seen ?? range.getBoundingClientRect();
    return shown.height && (shown.top < top - 1 || shown.bottom > bottom + 1 || shown.left < left - 1 ||
      shown.right > right + 1);
  });
}).map((each) => each.textContent.slice(0, 40))"""
"""Boxes out of which their letters stick."""

OUTSIDE = """(marks) => marks.flatMap((mark) => [...document.querySelectorAll(mark)]).filter((each) => {
  const { top, bottom, height } = each.getBoundingClientRect();
  return height && (top < -1 || bottom > innerHeight + 1);
}).map((each) => each.outerHTML.slice(0, 80))"""
"""What of this is above or below what the window shows."""

HEIGHTS = """async (outcomes) => {
  await (await import('/static/js/lib/words.js')).loadWords();
  const { VerdictScreen } = await import('/static/js/lib/handing/verdict.js');
  const screen = new VerdictScreen();
  const heights = outcomes.map((outcome) => {
    const match_number = outcome === 'accepted' ? '47' : null;
    const parcels = [{ reference: 'SAMPLE0001', outcome }];
    screen.show({ outcome, match_number, recipient_language: 'hu', parcels }, {});
    const top = (part) => screen.shown.querySelector(part).getBoundingClientRect().top;
    const words = screen.shown.querySelector('.verdict-words');
    const tops = ['.verdict-mark', '.verdict-word', '.verdict-step'].map(top);
    return [...tops, words.scrollHeight > words.clientHeight + 1 ? 999 : 0];
  });
  screen.close();
  return [0, 1, 2, 3].map((part) => {
    const each = heights.map((of) => of[part]);
    return Math.max(...each) - Math.min(...each);
  });
}"""
"""How far apart marks, words and next steps begin, and whether the words of some stick out of their place."""

LIST = """async () => {
  await (await import('/static/js/lib/words.js')).loadWords();
  const { VerdictScreen } = await import('/static/js/lib/handing/verdict.js');
  const parcels = [...Array(6).keys()].map((number) => ({ reference: `SAMPLE000${number}`, outcome: 'wrong_code' }));
  const verdict = { outcome: 'wrong_code', details: { tries_left: 3 }, recipient_language: 'hu', parcels };
  window.listing = new VerdictScreen();
  window.listing.show(verdict, {});
}"""
"""Shows a red verdict of six parcels, until `listing.close()`."""

SWEEP = """async (outcomes) => {
  const overflow = %s;
  const from = (name) => import(`/static/js/${name}.js`);
  await (await from('lib/words')).loadWords();
  const found = {};
  const look = async (name, open, close = '[data-close]') => {
    await open();
    await new Promise((next) => setTimeout(next));
    const wide = overflow();
    if (wide.length) found[name] = wide;
    if (close) [...document.querySelectorAll(close)].at(-1).click();
    await new Promise((next) => setTimeout(next));
  };
  const [hints, help, tour, stop, record, visit, card, verdict, practice, loading] = await Promise.all(
    [
      'lib/scanning/hints', 'lib/scanning/camera-help', 'driver/tour-sheet', 'driver/stop-sheet', 'driver/record-sheet',
      'driver/visit-sheet', 'driver/card', 'lib/handing/verdict', 'lib/handing/practice', 'driver/loading',
    ].map(from)
  );
  const picture = document.querySelector('.picture');
  await look('camera', () => help.showCameraHelp({ onAgain() {} }));
  await look('tour', () => tour.showTour({ onStop() {}, onLoad() {}, onShift() {} }));
  const [row] = await tour.standings();
  const note = 'Klingel am Hinterhaus, dritter Stock';
  const parcel = { ...row.parcel, note, phone: '+493023125001', code_required: true };
  const choices = { standing: row.standing, calls: 'switchboard', onTake() {}, onVisit() {} };
  await look('stop', () => stop.showStop(parcel, choices));
  const held = stop.stopLine(parcel, 9, () => {});
  document.querySelector('[data-hand]').prepend(held);
  await look('stop in hand', () => {}, null);
  held.remove();
  await look('record', record.showRecord);
  await look('visit', () => visit.showVisit([], { withPlace: true, onKept() {} }));
  await look('card', () => card.showCard({ reference: 'SAMPLE0001', language: document.documentElement.lang }));
  const shown = new hints.Hints(document.querySelector('[data-hint]'), async () => 'ordinary');
  for (const name of ['back', 'nearer', 'brighter', 'lamp', 'wipe', 'digits']) {
    const { picture: drawn, words } = shown.hint(name);
    await look(name, () => shown.say(drawn, words), null);
  }
  shown.place.hidden = true;
  const load = new loading.Loading(picture, () => {});
  await look('loading', () => load.start(), null);
  load.bar.remove();
  const learn = new practice.Practice(picture, { onStart() {}, onEnd() {} });
  learn.start();
  for (const step of ['label', 'right', 'label', 'wrong', 'visit', 'end']) {
    await look(step, () => {}, null);
    learn.done(step);
  }
  learn.screen.remove();
  await look('type-label', () => document.querySelector('[data-type-label]').showModal(), 'dialog [value=cancel]');
  const details = {handed_over_at: '2026-11-24T10:02:00Z', newer_sent_at: '2026-11-24T07:30:00Z', tries_left: 3};
  for (const outcome of outcomes) {
    const screen = new verdict.VerdictScreen();
    const told = {outcome, details, recipient_language: 'hu', match_number: '47', practice: true};
    await look(outcome, () => screen.show(told, {onLater: () => undefined}), null);
    if (outcome.includes('_') && screen.shown.textContent.includes(outcome)) found[outcome] = ['no word for it'];
    screen.close();
  }
  return found;
}""".replace("%s", OVERFLOW)
"""Opens whatever can be opened, and says what sticks out of it."""

SMALL_TARGETS = """() => {
  const targets = document.querySelectorAll('button, select, a[href], input, textarea, summary');
  return [...targets].filter((each) => {
    const { width, height } = (each.closest('label.tool') ?? each).getBoundingClientRect();
    return each.getClientRects().length && each.checkVisibility() && (width < 55.5 || height < 55.5);
  }).map((each) => each.outerHTML.slice(0, 120));
}"""
"""What a glove cannot hit."""


def screens(page: Page) -> Iterator[str]:
    """Go through the screens of an enrolled driver's page; each is there while its name is held."""
    yield "start"
    page.locator("[data-type]").click()
    yield "type-label"
    page.locator("dialog [value=cancel]").click()
    for name in HINTS:
        page.evaluate(HINT, name)
        yield f"hint-{name}"
    page.evaluate(HIDE_HINT)
    page.evaluate(HELP)
    yield from _sheet(page, "camera")
    page.locator("[data-tour]").click()
    yield from _sheet(page, "tour", close=False)
    page.locator(".tour-row").first.click()
    yield from _sheet(page, "stop")
    page.locator("[data-record]").click()
    page.locator(".record-row, [data-sheet=record] .quiet").first.wait_for()
    yield from _sheet(page, "record")
    page.locator("[data-end]").click()
    yield from _sheet(page, "end")
    page.locator("[data-load]").click()
    yield "loading"
    page.locator("[data-loaded]").click()
    type_label(page, "SAMPLE0001")
    page.locator("[data-parcels] .chip").wait_for()
    yield "in-hand"
    page.locator("[data-visit]").click()
    yield from _sheet(page, "visit")
    page.locator("[data-card]").click()
    yield from _sheet(page, "card")
    page.locator("[data-parcels] .chip button").click()
    yield from _practice(page)


def verdicts(page: Page, language: str) -> Iterator[str]:
    """Go through every verdict, with the word of a recipient who speaks this language."""
    for outcome in OUTCOMES:
        page.evaluate(SHOW, [outcome, language])
        yield f"verdict-{outcome}"
    page.evaluate("document.querySelectorAll('.verdict').forEach((shown) => shown.remove())")


def _practice(page: Page) -> Iterator[str]:
    thing = page.locator("[data-thing]")
    page.locator("[data-practice]").click()
    yield "practice-label"
    thing.click()
    yield "practice-code"
    type_digits(page, "123456")
    page.locator(".verdict").wait_for()
    yield "practice-green"
    page.wait_for_timeout(550)
    page.locator(".verdict-go").click()
    page.locator("[data-close]").click()


def _sheet(page: Page, name: str, *, close: bool = True) -> Iterator[str]:
    page.locator(f"[data-sheet={name}]").wait_for()
    yield name
    if close:
        page.locator(f"[data-sheet={name}] [data-close]").click()
