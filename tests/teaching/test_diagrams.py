"""Diagrams, judged from outside: what is read from the SVG, the TikZ and the image, against numbers of NumPy alone."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import symnn
from symnn.errors import InputError
from symnn.language import Equation, tensor
from symnn.networks import Convolution2d, Dense, Embedding, LSTMCell, MaxPooling2d, Network, TransformerBlock, unroll
from symnn.teaching.pictures import diagram_of

SVG = "{http://www.w3.org/2000/svg}"
ESSAY = {"W1": [[2, 0.2, 1]], "b1": [1], "x": [0.5, 0.9, 0.1]}


class Doubling(symnn.Layer):
    """A layer of one's own: twice its input."""

    inputs = outputs = 4

    def equations(self, inputs: Any) -> list[Equation]:
        """Return a = 2 x."""
        j, made = symnn.index("j", 4), tensor("a", 4)
        return [Equation(made[j], 2 * inputs[j])]


def own_layer() -> Network:
    """Return a network with a layer of one's own."""
    return Network([Doubling(), Dense(4, 1)])


def convolution() -> Network:
    """Return a convolution, a pooling and a dense layer."""
    layers = [
        Convolution2d((1, 8, 8), filters=4, width=3, activation="relu"),
        MaxPooling2d((4, 6, 6), width=2),
        Dense((4, 3, 3), 10, "softmax"),
    ]
    return Network(layers, cost="cross_entropy")


OTHERS = {
    "own layer": own_layer,
    "convolution": convolution,
    "LSTM": lambda: Network([unroll(LSTMCell(8, 16), steps=5), Dense(16, 1, "identity")]),
    "transformer": lambda: Network([Embedding(50, 16, 10), TransformerBlock((10, 16), 2)], cost=None),
    "symbols": lambda: "n0-n1-n2",
    "general": lambda: "n0-...-nL",
    "deep": lambda: "-".join(["3"] * 60),
    "wide": lambda: "784-30-10",
    "one": lambda: "1-1",
}


def root_of(svg: str) -> ElementTree.Element:
    """Return the root of an SVG, which must be well-formed XML."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    return root


def words_in(element: ElementTree.Element) -> list[str]:
    """Return what is written at an element, a text a label; the halos behind letters say it again and are left out."""
    return ["".join(one.itertext()) for one in element.iter(f"{SVG}text") if "halo" not in one.get("class", "")]


def lines_of(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Return the lines that stand for the entries of a tensor."""
    groups = [one for one in root.iter(f"{SVG}g") if one.get("data-tensor") == name]
    return [line for group in groups for line in group.iter(f"{SVG}line")]


def seeded(architecture: str, seed: int = 3) -> tuple[Network, dict[str, Any]]:
    """Return a network and numbers for all of its parameters."""
    net = symnn.mlp(architecture)
    generator = np.random.default_rng(seed)
    return net, {name: generator.normal(size=shape).round(2) for name, shape in net.parameters.items()}


def test_the_essays_neuron() -> None:
    diagram = diagram_of("3-1", ESSAY)
    assert [node.role for node in diagram.nodes] == ["input", "input", "input", "output"]
    assert [edge.weight for edge in diagram.edges] == [2, 0.2, 1]
    assert diagram.nodes[-1].value == pytest.approx(1 / (1 + math.exp(-2.28)))
    written = words_in(root_of(diagram.svg()))
    for number in ("0.5", "0.9", "0.1", "2", "0.2", "1", "0.907"):
        assert number in written
    circles = {node.role: node for node in diagram.nodes}
    fills = {
        one.get("fill")
        for one in root_of(diagram.svg()).iter(f"{SVG}circle")
        if float(one.get("cx", 0)) == pytest.approx(circles["input"].x, abs=0.01)
    }
    (blue,) = fills
    red, _, most = (int(str(blue)[n : n + 2], 16) for n in (1, 3, 5))
    assert most > red, "the inputs are blue"


def test_activations_are_those_of_numpy() -> None:
    net, values = seeded("3-4-2")
    x = np.array([0.5, -1.0, 2.0])
    diagram = diagram_of(net, {**values, "x": x})
    hidden = 1 / (1 + np.exp(-(values["W1"] @ x + values["b1"])))
    output = 1 / (1 + np.exp(-(values["W2"] @ hidden + values["b2"])))
    shown = np.array([node.value for node in diagram.nodes])
    np.testing.assert_allclose(shown, [*x, *hidden, *output], rtol=1e-12)


@pytest.mark.parametrize("architecture", ["1-1", "3-1", "2-3-1", "3-4-2", "2-2-2-2"])
def test_every_weight_is_written_where_there_is_room(architecture: str) -> None:
    net, values = seeded(architecture)
    written = words_in(root_of(diagram_of(net, values).svg()))
    for name in (n for n in values if n.startswith("W")):
        for weight in values[name].ravel():
            assert f"{weight:.3g}".replace("-", "−") in written, (name, weight)


@pytest.mark.parametrize("architecture", ["3-4-2", "2-3-1", "4-3-4"])
def test_labels_of_lines_do_not_overlap(architecture: str) -> None:
    net, values = seeded(architecture)
    for given in (values, None):
        boxes = []
        for group in root_of(diagram_of(net, given).svg()).iter(f"{SVG}g"):
            if not (group.get("data-tensor") or "").startswith("W"):
                continue
            for text in group.iter(f"{SVG}text"):
                if "halo" in text.get("class", "") or text.get("x") is None:
                    continue
                size, letters = float(text.get("font-size", "12")), len("".join(text.itertext()))
                # No letter of a number is narrower than a third of its size.
                boxes.append((float(text.get("x", 0)), float(text.get("y", 0)), size * 0.34 * letters, size * 0.7))
        for n, (x, y, width, height) in enumerate(boxes):
            for other_x, other_y, other_width, other_height in boxes[n + 1 :]:
                apart = abs(x - other_x) >= (width + other_width) / 2 or abs(y - other_y) >= (height + other_height) / 2
                assert apart, (architecture, (x, y), (other_x, other_y))


def test_sign_is_colour_and_size_is_width() -> None:
    weights = [[0.1, -0.2, 0.4, -0.8, 1.6, -3.2]]
    root = root_of(diagram_of("6-1", {"W1": weights, "b1": [0]}).svg())
    lines = sorted(lines_of(root, "W1"), key=lambda line: float(line.get("y1", 0)))
    assert len(lines) == 6
    widths = [float(line.get("stroke-width", 0)) for line in lines]
    assert widths == sorted(widths)
    assert len(set(widths)) == 6
    colours = [line.get("stroke") for line in lines]
    assert len(set(colours[0::2])) == len(set(colours[1::2])) == 1
    assert colours[0] != colours[1]


def test_weights_kept_the_other_way_round_are_the_same_picture() -> None:
    net, values = seeded("3-4-2")
    turned = symnn.mlp("3-4-2", weights="inputs,outputs")
    other = {name: value.T for name, value in values.items()}
    one, two = diagram_of(net, values), diagram_of(turned, other)
    assert [edge.weight for edge in one.edges] == [edge.weight for edge in two.edges]
    assert [edge.label.plain for edge in one.edges][1] == "w⁽¹⁾₁₂"
    assert [edge.label.plain for edge in two.edges][1] == "w⁽¹⁾₂₁"


def test_wide_layers_have_dots_and_their_count() -> None:
    diagram = diagram_of("784-30-10")
    written = " ".join(words_in(root_of(diagram.svg())))
    assert "784" in written
    assert "30" in written
    first = [node for node in diagram.nodes if node.layer == 0]
    assert len(first) < 20
    assert first[-1].place == 784
    assert sum(gap.omitted or 0 for gap in diagram.gaps) == 784 + 30 + 10 - len(diagram.nodes)


@pytest.mark.parametrize(("most", "places"), [(3, [1, 12]), (5, [1, 2, 3, 12]), (12, list(range(1, 13)))])
def test_so_many_nodes_of_a_layer_are_drawn(most: int, places: list[int]) -> None:
    diagram = diagram_of("12-2", most=most)
    assert [node.place for node in diagram.nodes if node.layer == 0] == places
    assert [gap.omitted for gap in diagram.gaps] == ([12 - len(places)] if most < 12 else [])
    assert len(diagram.edges) == 2 * len(places)


@pytest.mark.parametrize("most", [2, 0, -1, 3.5, "5"])
def test_too_few_nodes_are_refused(most: Any) -> None:
    with pytest.raises(InputError, match="bad number of nodes"):
        diagram_of("12-2", most=most)


def test_crowded_layers_have_no_numbers_but_a_legend() -> None:
    net, values = seeded("4-6-4")
    root = root_of(diagram_of(net, values).svg())
    groups = [one for one in root.iter(f"{SVG}g") if (one.get("data-tensor") or "").startswith("W")]
    assert not [word for group in groups for word in words_in(group)]
    written = " ".join(words_in(root))
    assert "positive" in written
    assert "negative" in written


@pytest.mark.parametrize("name", OTHERS)
def test_any_network_is_drawn_in_every_way(name: str) -> None:
    diagram = diagram_of(OTHERS[name]())
    root = root_of(diagram.svg())
    assert root.find(f"{SVG}title") is not None
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text
    tikz = diagram.tikz()
    assert tikz.isascii()
    assert tikz.startswith(r"\begin{tikzpicture}")
    width, height = (float(part) for part in root.get("viewBox", "").split()[2:])
    for circle in root.iter(f"{SVG}circle"):
        x, y, radius = (float(circle.get(key, 0)) for key in ("cx", "cy", "r"))
        assert radius <= x <= width - radius
        assert radius <= y <= height - radius
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x", text[0].get("x", 0) if len(text) else 0)) <= width


def test_boxes_say_name_and_shapes() -> None:
    written = " ".join(words_in(root_of(diagram_of(convolution()).svg())))
    for word in ("Convolution2d", "MaxPooling2d", "1 × 8 × 8", "4 × 6 × 6", "4 × 3 × 3", "10"):
        assert word in written


def test_pieces_name_the_tensors_they_stand_for() -> None:
    root = root_of(diagram_of("2-3-1").svg())
    assert len(lines_of(root, "W1")) == 6
    assert len(lines_of(root, "W2")) == 3
    named = {name for one in root.iter() for name in (one.get("data-name") or "").split()}
    assert {"x", "W1", "b1", "z1", "a1", "W2", "b2", "z2", "a2"} <= named


def test_text_from_outside_is_escaped() -> None:
    hostile = type("A<b>&\"'</svg><script>", (Doubling,), {})
    diagram = diagram_of(Network([hostile(), Dense(4, 1)]))
    root = root_of(diagram.svg())
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in diagram.svg()
    tex = diagram_of(Network([type(r"\input{x}%$#_^~", (Doubling,), {})(), Dense(4, 1)])).tikz()
    assert r"\input{x}" not in tex


def test_nothing_is_fetched_from_anywhere() -> None:
    svg = diagram_of("2-3-1").svg()
    assert "href" not in svg
    assert "url(" not in svg
    assert svg.count("http") == 1, "but for the name of the language"


@pytest.mark.parametrize(
    ("values", "word"),
    [({"W9": [1]}, "W9"), ({"W1": [1, 2]}, "W1"), ({"W1": ["a", "b", "c"]}, "W1"), ({"x": [1, 2, math.nan]}, "x")],
)
def test_numbers_that_do_not_fit_are_refused(values: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        diagram_of("3-1", values)


@pytest.mark.parametrize("subject", [7, None, "3", "", "3-x!"])
def test_what_is_no_network_is_refused(subject: Any) -> None:
    with pytest.raises(InputError):
        diagram_of(subject)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tikz_compiles(tmp_path: Path) -> None:
    net, values = seeded("3-4-2")
    subjects = [diagram_of(OTHERS[name]()) for name in OTHERS]
    subjects += [diagram_of("3-1", ESSAY), diagram_of(net, {**values, "x": [1, 2, 3], "y": [0, 1]})]
    pictures = "\n\n\\clearpage\n".join(one.tikz() for one in subjects)
    head = "\\documentclass{article}\n\\usepackage[a4paper,margin=20mm]{geometry}\n\\usepackage{amsmath,bm,tikz}\n"
    text = f"{head}\\begin{{document}}\n{pictures}\n\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(text, "ascii")
    run = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", done.stdout)]
    assert not [points for points in wide if points > 5]
    assert f"({len(subjects)} pages" in done.stdout


def test_the_image_has_the_colours() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from matplotlib.image import imread

    net, values = seeded("2-3-1")
    made = diagram_of(net, {**values, "x": [1, 2]})
    pdf, png = made.pdf(), made.png()
    assert pdf.startswith(b"%PDF-")
    import io

    pixels = imread(io.BytesIO(png), format="png")[..., :3]
    strong = pixels.max(axis=2) - pixels.min(axis=2) > 0.3
    blue = (strong & (pixels[..., 2] == pixels.max(axis=2))).mean()
    orange = (strong & (pixels[..., 0] > pixels[..., 1]) & (pixels[..., 1] > pixels[..., 2])).mean()
    assert blue > 0.005
    assert orange > 0.002
    assert made.png() == png, "the same picture twice"
