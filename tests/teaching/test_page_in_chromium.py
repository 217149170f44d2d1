"""Pages in a browser: silent and alone, equations laid out as mathematics, walked with the keyboard, dark, narrow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import SUBJECTS, page_of

Open = Callable[..., Any]

LAYOUT = """
const box = (element) => element.getBoundingClientRect();
const wrong = [];
const say = (what, element) => wrong.push(what + ': ' + element.outerHTML.slice(0, 200));
const seen = [...document.querySelectorAll('math')].filter((formula) => box(formula).width > 0);
for (const formula of seen) if (box(formula).height < 8 || box(formula).width < 3) say('no box', formula);
const all = (tag) => seen.flatMap((formula) => [...formula.querySelectorAll(tag)]);
const counts = {math: seen.length};
const check = (tag, test) => {
  const found = all(tag);
  counts[tag] = found.length;
  for (const element of found) if (!test(...[...element.children].map(box), element)) say(tag, element);
};
const near = 0.51;
check('mfrac', (above, below, element) => above.bottom <= below.top + near && box(element).height > 1.2 * above.height);
check('msub', (base, below) => below.bottom > base.bottom - near && below.left >= base.right - 3);
check('msup', (base, above) => above.top < base.top + near && above.left >= base.right - 3);
check('msubsup', (base, below, above) => above.top < below.top && below.bottom > base.bottom - near
  && above.left >= base.right - 3);
check('mover', (base, accent) => accent.top <= base.top + near
  && Math.abs((accent.left + accent.right) / 2 - (base.left + base.right) / 2) < base.width);
const display = (element) => element.closest('math').getAttribute('display') === 'block' && !element.closest('mfrac');
check('munder', (base, below, element) => !display(element) || below.top >= base.bottom - 3);
check('munderover', (base, below, above, element) => !display(element)
  || (below.top >= base.bottom - 3 && above.bottom <= base.top + 3));
check('msqrt', (inside, ...rest) => box(rest.at(-1)).height > inside.height);
for (const table of all('mtable')) {
  const lefts = [...table.querySelectorAll('mtd.right')].map((cell) => box(cell).right);
  const signs = [...table.querySelectorAll('mtd.right + mtd.left')].map((cell) => box(cell.firstElementChild).left);
  const spread = (edges) => edges.length ? Math.max(...edges) - Math.min(...edges) : 0;
  if (spread(lefts) > 1.5 || spread(signs) > 1.5) say('table', table);
}
return [wrong, counts];
"""


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Open:
    """Return a function that opens a subject's page, as wide as asked, light or dark, on screen or on paper."""

    def open_page(
        name: str, width: int = 1280, scheme: str = "light", media: str = "screen", script: bool = True, part: str = ""
    ) -> Any:
        path = tmp_path / "page.html"
        path.write_text(page_of(name), encoding="utf-8")
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        chromium.get("about:blank")
        chromium.get_log("browser")
        chromium.get_log("performance")
        chromium.get(path.as_uri() + part)
        return chromium

    return open_page


def press(browser: Any, *keys: str) -> None:
    """Press keys by their names."""
    for key in keys:
        for kind in ("keyDown", "keyUp"):
            browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": key})


def current(browser: Any) -> str:
    """Return the step that is shown: there has to be one."""
    steps = browser.execute_script("return [...document.querySelectorAll('.step[aria-current]')].map((one) => one.id)")
    assert len(steps) == 1
    return str(steps[0])


def requests(browser: Any) -> list[str]:
    """Return all addresses that were asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_page_is_silent_and_asks_for_nothing(name: str, opened: Open) -> None:
    browser = opened(name)
    press(browser, "ArrowRight", "End")
    browser.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert browser.get_log("browser") == []
    asked = [url for url in requests(browser) if not url.startswith("data:")]
    assert asked == [browser.current_url.partition("#")[0]]
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_the_log_is_read(opened: Open) -> None:
    browser = opened("formula")
    browser.execute_script("const made = document.createElement('img'); made.src = 'http://other.test/a.png';"
                           "document.body.append(made); console.error('heard');")  # fmt: skip
    assert any("heard" in entry["message"] for entry in browser.get_log("browser"))


@pytest.mark.parametrize("name", SUBJECTS)
def test_equations_are_laid_out_as_mathematics(name: str, opened: Open) -> None:
    browser = opened(name)
    browser.execute_script("document.querySelector('.everything').click();"
                           "document.querySelectorAll('details').forEach((part) => { part.open = true; })")  # fmt: skip
    wrong, counts = browser.execute_script(LAYOUT)
    assert wrong == []
    assert counts["math"] > 30
    assert counts["mfrac"] > 10


def test_keys_move_the_step(opened: Open) -> None:
    browser = opened("2-3-1")
    assert current(browser) == "step-1"
    for key, step in (
        ("ArrowRight", 2), ("ArrowDown", 3), ("ArrowRight", 4), ("ArrowLeft", 3), ("ArrowUp", 2), ("Home", 1),
        ("ArrowLeft", 1), ("ArrowRight", 2),
    ):  # fmt: skip
        press(browser, key)
        assert current(browser) == f"step-{step}"
    last = browser.execute_script("return document.querySelectorAll('.step').length")
    press(browser, "End", "ArrowRight")
    assert current(browser) == f"step-{last}"
    assert browser.execute_script("return document.querySelector('.next').disabled")


def test_lines_are_uncovered_one_after_another(opened: Open) -> None:
    browser = opened("2-3-1")
    shown = "return [...document.querySelectorAll('.step')].filter((step) => step.offsetHeight > 0).length"
    for steps in range(1, 10):
        assert browser.execute_script(shown) == steps
        press(browser, "ArrowRight")
        top, bottom, bar = browser.execute_script(
            "const step = document.querySelector('.step[aria-current]').getBoundingClientRect();"
            "return [step.top, step.bottom, document.querySelector('.bar').getBoundingClientRect().top]"
        )
        assert 0 <= top < bottom <= bar  # the new line is in sight
    browser.execute_script("document.querySelector('.everything').click()")
    assert browser.execute_script(shown) == browser.execute_script("return document.querySelectorAll('.step').length")


def test_buttons_links_and_the_address(opened: Open) -> None:
    browser = opened("2-3-1")
    browser.execute_script("document.querySelector('.next').click()")
    assert current(browser) == "step-2"
    browser.execute_script("document.querySelector('.back').click()")
    assert current(browser) == "step-1"
    browser.execute_script("document.querySelectorAll('.stages a')[2].click()")
    step = current(browser)
    assert browser.execute_script(f"return document.getElementById('{step}').closest('.stage').id") == "part-3"
    assert browser.execute_script("return document.querySelector('.stages a[aria-current]').hash") == "#part-3"
    assert browser.current_url.endswith(f"#{step}")
    press(opened("2-3-1", part=f"#{step}"), "ArrowRight")
    assert current(browser) == f"step-{int(step.removeprefix('step-')) + 1}"
    assert current(opened("2-3-1", part="#no-such-place")) == "step-1"


def test_a_voice_says_the_step(opened: Open) -> None:
    browser = opened("2-3-1")
    press(browser, "ArrowRight")
    live = browser.execute_script("const part = document.querySelector('[aria-live=polite]'); return part.textContent")
    assert live.startswith("Step 2 of ")
    assert "sum rule" in live
    assert "partial by partial a (2) sub j" in live
    names = "return [...document.querySelectorAll('button')].map((one) => one.textContent)"
    assert all(browser.execute_script(names))


def test_only_the_piece_that_changed_is_lit(opened: Open) -> None:
    browser = opened("2-3-1")
    found = 0
    for _ in range(30):
        press(browser, "ArrowRight")
        lit, whole, others = browser.execute_script(
            """
            const shows = (piece) => getComputedStyle(piece).backgroundColor !== 'rgba(0, 0, 0, 0)';
            const all = [...document.querySelectorAll('.changed')].filter(shows);
            const step = document.querySelector('.step[aria-current]');
            const own = all.filter((piece) => step.contains(piece));
            return [own.reduce((sum, piece) => sum + piece.getBoundingClientRect().width, 0),
                    step.querySelector('.scroll math').getBoundingClientRect().width, all.length - own.length];
            """
        )
        assert others == 0
        assert 0 <= lit < whole
        found += lit > 0
    assert found > 15


def test_the_drawing_is_lit_where_the_equation_speaks_of_it(opened: Open) -> None:
    browser = opened("2-3-1")
    lit = "return [...document.querySelectorAll('svg .lit')].map((one) => one.dataset.name).join(' ').split(' ')"
    strokes = """
    const drawn = [...document.querySelectorAll('svg g.lit')].map((one) => one.querySelector('line, circle'));
    return [...new Set(drawn.filter(Boolean).map((one) => getComputedStyle(one).stroke))];
    """
    names = "return document.querySelector('.step[aria-current]').dataset.names.split(' ')"
    assert set(browser.execute_script(lit)) == {"a2", "z2", "b2"}
    met = set()
    for _ in range(54):
        press(browser, "ArrowRight")
        spoken = set(browser.execute_script(names))
        shining = set(browser.execute_script(lit))
        met |= spoken
        # A circle stands for a, z and b of its layer.
        circles = {name for layer in (1, 2) for name in (f"a{layer}", f"z{layer}", f"b{layer}")}
        assert {"W1", "W2"} & spoken == {"W1", "W2"} & shining
        for layer in (1, 2):
            group = {name for name in circles if name.endswith(str(layer))}
            assert bool(group & spoken) == bool(group & shining)
        assert ("x" in spoken) == ("x" in shining)
        assert browser.execute_script(strokes) == ["rgb(194, 65, 12)"]
    assert {"W1", "W2", "x", "z1", "z2", "a1", "a2", "b1", "b2"} <= met


def test_light_and_dark(opened: Open) -> None:
    contrast = """
    const parts = (name) => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number);
    const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = (rgb) => rgb.reduce((sum, c, n) => sum + [0.2126, 0.7152, 0.0722][n] * linear(c / 255), 0);
    const [ink, paper] = [light(parts('color')), light(parts('backgroundColor'))];
    return [paper, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
    """
    for scheme, is_light in (("light", True), ("dark", False)):
        browser = opened("2-3-1", scheme=scheme)
        browser.execute_script("try { localStorage.clear(); delete document.documentElement.dataset.theme; } catch {}")
        paper, ratio = browser.execute_script(contrast)
        assert (paper > 0.5) == is_light
        assert ratio > 10
        browser.execute_script("document.querySelector('.theme').click()")
        paper, ratio = browser.execute_script(contrast)
        assert (paper > 0.5) != is_light
        assert ratio > 10
        browser.execute_script("document.querySelector('.theme').click(); localStorage.clear()")


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_narrow_screen_is_not_wider(name: str, opened: Open) -> None:
    browser = opened(name, width=320)
    browser.execute_script("document.querySelector('.everything').click();"
                           "document.querySelectorAll('details').forEach((part) => { part.open = true; })")  # fmt: skip
    wide = """
    const out = [...document.querySelectorAll('main *, header *, aside *, .bar *')].filter((element) =>
      !element.closest('.scroll, .unseen, .left, svg, math') && element.getBoundingClientRect().right > 321);
    return [document.documentElement.scrollWidth, out.map((element) => element.outerHTML.slice(0, 120))];
    """
    width, out = browser.execute_script(wide)
    assert width <= 320
    assert out == []


def test_without_scripts_all_is_there(opened: Open) -> None:
    browser = opened("2-3-1", script=False)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('.step, .why, .shapes')].filter((part) => !part.offsetHeight).length"
    )
    assert hidden == 0
    assert browser.execute_script("return document.querySelector('.bar').offsetHeight") == 0


def test_on_paper_all_is_there(opened: Open) -> None:
    browser = opened("2-3-1", media="print", scheme="dark")
    hidden, bar, ink = browser.execute_script(
        "return [[...document.querySelectorAll('.step, .why')].filter((part) => !part.offsetHeight).length,"
        "document.querySelector('.bar').offsetHeight, getComputedStyle(document.body).color]"
    )
    assert (hidden, bar, ink) == (0, 0, "rgb(0, 0, 0)")
