"""A page is one file that needs nothing else: its size, its parts, its escapes, and which piece a step changed."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from pages import SUBJECTS, page_of

import symnn
from symnn.gradients import Gradient
from symnn.networks import LSTMCell, Network, unroll
from symnn.teaching.given_numbers import worked
from symnn.teaching.page import page
from symnn.teaching.page.highlight import Span, compared, marked
from symnn.writing.mathml import Element
from symnn.writing.mathml_reader import read

LARGEST = 300_000
VOID = {"meta", "link", "br", "mspace"}


class Reader(HTMLParser):
    """Reads a page: its tags have to match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_page_is_small_and_whole(name: str) -> None:
    text = page_of(name)
    assert len(text.encode()) < LARGEST
    reader = Reader(text)
    for tag, attributes in reader.tags:
        assert "style" not in attributes, tag
        assert not any(attribute.startswith("on") for attribute in attributes)
        for attribute in ("src", "href", "action", "data", "srcset"):
            value = attributes.get(attribute)
            assert value is None or value.startswith("#") or value == "data:,", (tag, value)
    assert "url(" not in text
    assert "@import" not in text
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["href"][1:] for attributes in reader.all("a") if attributes["href"]} <= set(ids)
    assert all(attributes.get("alttext") for attributes in reader.all("math"))
    assert [attributes["lang"] for attributes in reader.all("html")] == ["en"]
    assert len(reader.all("main")) == len(reader.all("h1")) == len(reader.all("nav")) == 1


def test_nothing_but_its_own_style_and_script_may_run() -> None:
    text = page_of("2-3-1")
    (policy,) = [one["content"] for one in Reader(text).all("meta") if one.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_steps_are_those_of_the_gradient() -> None:
    gradient = symnn.mlp("2-3-1").gradient()
    shown = gradient.steps().shown("text")
    text = page(gradient)
    steps = [one for one in Reader(text).all("li") if "step" in (one.get("class") or "").split()]
    assert len(steps) == sum(len(stage.steps) for stage in shown.stages)
    rules = re.findall(r'<span class="rule">(.*?)</span>', text)
    assert rules == [step.rule for stage in shown.stages for step in stage.steps]
    assert text.count('class="mark') == sum(bool(step.mark) for stage in shown.stages for step in stage.steps)
    assert steps[0]["data-names"] == "a2 y"


def test_a_page_of_chosen_names() -> None:
    gradient = symnn.mlp("2-3-1").gradient()
    headings = re.findall(r'<section class="stage" id="\S+"><h3><math alttext="(.*?)"', page(gradient, names=["b2"]))
    assert headings == ["partial C over partial a (2)", "partial C over partial z (2)", "partial C over partial b (2)"]


def test_views_that_are_too_large_say_so() -> None:
    text = page_of("784-30-10")
    assert "<summary>With indices</summary>" in text
    assert re.search(r"<summary>Entry by entry</summary>\s*<p>[A-Z][^<]*(matrix|index)[^<]*</p>", text)


def test_what_comes_from_outside_is_text() -> None:
    hostile = '<script>alert("&")</script> · <img src=x onerror=y>'
    derivation = symnn.diff("x'*A*x").derivation
    text = page(Gradient(derivation, hostile))
    reader = Reader(text)
    assert len(reader.all("script")) == 1
    assert reader.all("img") == []
    assert "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;" in text


def marks(element: Element, kind: str) -> list[str]:
    return [
        "".join(inner.text for inner in part.walk() if not inner.is_invisible)
        for part in element.walk()
        if kind in dict(part.attributes).get("class", "").split()
    ]


@pytest.mark.parametrize(
    ("before", "after", "leaving", "changed"),
    [
        (r"a + b c", r"a + d c", ["b"], ["d"]),
        (r"\sum_{k} (a_{k} - y_{k}) \frac{\partial a_{k}}{\partial a_{j}}", r"\sum_{k} (a_{k} - y_{k}) \, [j = k]",
         ["∂ak∂aj"], ["[j=k]"]),
        (r"\sum_{k} (a_{k} - y_{k}) \, [j = k]", r"a_{j} - y_{j}", [], []),
        (r"\sum_{k} \frac{\partial C}{\partial z_{k}} \frac{\partial z_{k}}{\partial a_{j}}",
         r"\sum_{k} \delta_{k} \frac{\partial z_{k}}{\partial a_{j}}", ["∂C∂zk"], ["δk"]),
        (r"\frac{a + b + c}{s}", r"\frac{a + d + c}{s}", ["b"], ["d"]),
        ("a - c", "a + b - c", [], ["+b"]),
        (r"(w_{kl} x_{l} + b_{k}) y", r"w_{kl} x_{l} y", None, None),
        ("x", "x", [], []),
    ],
)  # fmt: skip
def test_the_piece_that_a_step_changed(
    before: str, after: str, leaving: list[str] | None, changed: list[str] | None
) -> None:
    gone, come = compared(read(before), read(after))
    old, new = marked(read(before), [], gone), marked(read(after), come)
    if leaving is None:
        assert marks(old, "leaving") != []
    elif leaving or changed:
        assert (marks(old, "leaving"), marks(new, "changed")) == (leaving, changed)
    for seen, plain in ((old, read(before)), (new, read(after))):
        # Marks change nothing of what is seen.
        assert [part.text for part in seen.walk() if part.text] == [part.text for part in plain.walk() if part.text]


def test_a_sign_stays_between_two_terms_where_it_is_marked() -> None:
    _, come = compared(read("a + b"), read("a + b + c"))
    (run,) = [part for part in marked(read("a + b + c"), come).walk() if ("class", "changed") in part.attributes]
    assert run.children[0].attributes == (("form", "infix"),)


def test_a_piece_may_have_come_and_leave_again() -> None:
    line = read("a + b + c + d")
    both = marked(line, [Span((), 1, 6)], [Span((), 4, 7), Span((), 0, 1)])
    assert marks(both, "changed") == ["+b+c+"]
    assert marks(both, "leaving") == ["a", "c+", "d"]
    assert "".join(part.text for part in both.walk()) == "a+b+c+d"


def test_numbers_in_three_columns() -> None:
    network = symnn.mlp("1-1", activation="identity")
    gradient = network.gradient()
    text = page(gradient, network=network)
    assert "<summary>With numbers, drawn by seed 0</summary>" in text
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", text)
    shown = [row for _, rows in worked(network, 0).rows("text") for row in rows]
    assert len(rows) == len(shown)
    for row, known in zip(rows, shown, strict=True):
        cells = re.findall(r"<td>(.*?)</td>", row)
        assert len(cells) == 3
        assert cells[1].startswith(f"{'←' if known.is_update else '='} {known.substituted}")
        assert cells[2].endswith(f" {known.result}")
    given = page(gradient, network=network, numbers=worked(network, 7))
    assert "<summary>With numbers</summary>" in given
    assert "With numbers" not in page(gradient)
    assert "With numbers" not in page(symnn.mlp("20-20").gradient(), network=symnn.mlp("20-20"))


def test_a_long_derivation_says_what_is_left_out() -> None:
    text = page(Network([unroll(LSTMCell(2, 3), steps=3)], cost="quadratic").gradient())
    assert len(text.encode()) < LARGEST
    assert re.search(r"\d+ more derivatives are found by the same rules, and left out", text)


def test_what_the_derivation_alone_speaks_of_is_given() -> None:
    net = symnn.mlp("3-4-2", activation=["sigmoid", "softmax"], cost="cross_entropy")
    given, _, derivation = page(net.gradient(), network=net, proof=False).partition('id="derivation"')
    assert "partial C by partial L (2)" in derivation
    said = given.partition("In the derivation, written with indices:")[2]
    assert "L (2) equals log sum over j of exp (z (2) sub j); a (2) sub j equals exp (z (2) sub j minus L (2))" in said
    assert "written with indices" not in page(symnn.mlp("3-4-2").gradient(), proof=False)
