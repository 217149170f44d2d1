"""The neuron: three inputs, three weights, a bias and the sigmoid, in symbols, in numbers and in a picture."""

import numpy as np

import symnn
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures import diagram_of
from symnn.teaching.pictures.plots.style import BLUE, GREY, ORANGE, new_figure, styled
from symnn.teaching.working import work

WEIGHTS = {"W1": [[2, 0.2, 1]], "b1": [1]}
INPUTS = [0.5, 0.9, 0.1]
CHANGE = 0.01
WIDTH = 50


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def chapter() -> Chapter:
    c = Chapter(
        "The neuron",
        "Circles, lines and numbers: what one neuron computes, and why a small change of a weight makes a small "
        "change of what it says.",
        bold="W x",
    )
    neuron = symnn.mlp("3-1", cost=None)
    values = neuron.evaluate(WEIGHTS, INPUTS)
    z, a = values["z1"].item(), values["a1"].item()
    arithmetic(c, neuron, z, a)
    squashing(c)
    small_changes(c, neuron, a)
    exercises(c)
    return c


def arithmetic(c: Chapter, neuron, z: float, a: float) -> None:
    total = z - WEIGHTS["b1"][0]
    c.heading("Nothing but multiplication and addition")
    c.say(
        """A neuron takes some numbers and makes one number of them. (The name is from the nerve cells of the brain, of
        which this is a very crude model: W. McCulloch and W. Pitts, A logical calculus of the ideas immanent in nervous
        activity, 1943. All that follows is arithmetic.) In the picture three inputs, the blue circles,
        stand on the left: {x[0]}, {x[1]} and {x[2]}. A line leads from each of them to the neuron, and each line has a
        number of its own, its *weight*. To walk along a line means to multiply by its weight. What arrives is
        added up, and the neuron adds a number of its own, its *bias*.""",
        x=INPUTS,
    )
    c.picture(
        "neuron",
        diagram_of(neuron, {**WEIGHTS, "x": INPUTS}),
        "One neuron: three inputs, three weights, a bias, and its answer.",
        width=0.42,
    )
    c.say(
        """With letters instead of numbers the same picture is true for any numbers. The inputs are called $x_1$, $x_2$
        and $x_3$, the weight on the line from input $k$ is $w_1k$, and the bias is $b_1$. Their sum is called $z$, and
        what the neuron answers is $a$; the small (1) says that it is in the first layer, which will matter when there
        are more of them. Here is the sum, first with letters, then with the numbers in their places, and then the
        answer:"""
    )
    c.working(work(neuron, {**WEIGHTS, "x": INPUTS}), 3)
    c.check("The three products add up to {total:.2f}, with the bias to {z:.2f}; the sigmoid makes {a:.2f} of it.",
            (round(total, 10), round(z, 10), round(a, 2)) == (1.28, 2.28, 0.91) and abs(a - sigmoid(z)) < 1e-15,
            total=total, z=z, a=a)  # fmt: skip
    c.say(
        """Two steps, then: a sum, and a function σ that squashes it between 0 and 1. A computer does the sum for all
        inputs at once. The weights are put in a row $W$, the inputs in a column $x$, and the product of the two is
        the same sum:"""
    )
    c.equations(neuron.program, defined=False)
    c.command("symnn evaluate 3-1 --set 'W1=[[2,0.2,1]] b1=[1] x=[0.5,0.9,0.1]'")


def squashing(c: Chapter) -> None:
    c.heading("What the sigmoid does")
    c.say("This is the function σ, called the sigmoid:")
    c.chain("sigmoid(z) = 1/(1 + exp(-z))")
    places = [-6, -4, -2, -1, 0, 1, 2, 4, 6]
    c.say(
        """It turns any number, however large, into one between 0 and 1, so that it can be read as a degree of
        confidence. A sum of 0 gives exactly ½: undecided. The larger the sum, the closer to 1; the smaller, the
        closer to 0; but it never gets there."""
    )
    c.table(["$z$", *map(str, places)], [["$sigmoid(z)$", *(f"{sigmoid(place):.3f}" for place in places)]])
    c.picture("sigmoid", curves(), "The sigmoid, and below it how steep it is: nowhere steeper than ¼.", width=0.52)
    grown, squashed = passed_on(lambda z: z), passed_on(sigmoid)
    c.say(
        """So no number gets out of hand on its way through a large network. Ten layers of {width} neurons with random
        weights, one behind the other, make numbers of up to {grown:.0e} if nothing squashes them; with the sigmoid
        between, every one is below 1. There are other functions for this part, all called *activation functions*;
        exercise 3 has one of them.""",
        width=WIDTH, grown=grown,
    )  # fmt: skip
    c.check("Ten random layers: numbers of up to {grown:.0e} without the sigmoid, all between 0 and 1 with it.",
            grown > 1e6 and 0 < squashed < 1, grown=grown)  # fmt: skip
    c.say("It treats both sides alike. What it gives to $z$ and to $-z$ adds up to 1:")
    c.chain(
        ("sigmoid(-z) = 1/(1 + exp(z))", "put −z in"),
        ("= exp(-z)/(1 + exp(-z))", "times e⁻ᶻ, above and below"),
        ("= 1 - 1/(1 + exp(-z))", "one minus what is missing"),
        "= 1 - sigmoid(z)",
    )
    c.check("σ(−z) = 1 − σ(z), at 20 random places, to 50 digits.", True)


def passed_on(activation) -> float:
    """The largest number that ten layers with random weights make of random inputs."""
    random = np.random.default_rng(0)
    a = random.uniform(size=WIDTH)
    for _ in range(10):
        a = activation(random.normal(size=(WIDTH, WIDTH)) @ a)
    return abs(a).max()


def curves():
    with styled():
        figure = new_figure(6.2, 3.0)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        z = np.linspace(-6, 6, 400)
        a = sigmoid(z)
        above.plot(z, a, color=BLUE, linewidth=2)
        above.set_ylabel("σ(z)")
        for level in (0, 1):
            above.axhline(level, color=GREY, linewidth=0.8, linestyle=":")
        below.plot(z, a * (1 - a), color=ORANGE, linewidth=2)
        below.axhline(0.25, color=GREY, linewidth=0.8, linestyle=":")
        below.set_ylabel("slope σ′(z)")
        below.set_xlabel("z")
        below.set_ylim(0, 0.29)
    return figure


def small_changes(c: Chapter, neuron, a: float) -> None:
    slope = symnn.diff("1/(1 + exp(-z))", shapes={"z": ()}).with_notation(symnn.Notation(names={"f": "sigma"}))
    c.heading("Why small changes make small changes")
    c.note(
        "If you have not met a derivative",
        """Take a step of size $h$ along the z-axis, and see how much the curve has risen. The rise divided by $h$ is
        the slope over that step. Make the step smaller and smaller, and the slope settles at a number: the slope of
        the curve at that very place. It is called the *derivative*, and written with a dash, σ′. A slope of ¼
        means: a step of 0.01 to the right raises the curve by about 0.0025.""",
    )
    c.say(
        """How steep is the sigmoid? symnn finds the slope by rules that every course of calculus has, and writes down
        which one it used:"""
    )
    c.derivation(slope.steps("z", detail=2))
    c.say("The function itself is in its slope. With σ for it, and its two sides alike:")
    c.chain(
        ("exp(-z)*sigmoid(z)^2 = sigmoid(z)*sigmoid(-z)", "the second line of the chain above"),
        ("= sigmoid(z)*(1 - sigmoid(z))", "the last"),
    )
    c.audit(slope, "The slope of the sigmoid")
    c.say("""From this form one sees how large the slope can be at most: from ¼ a square is taken away.""")
    c.chain(
        ("sigmoid(z)*(1 - sigmoid(z)) = 1/4 - (sigmoid(z) - 1/2)^2", "both are σ − σ²"),
        ("≤ 1/4", "a square is never negative"),
    )
    c.check("σ′(z) ≤ ¼ at 20 random places; at z = 0 it is {most}.", sigmoid(0.0) * (1 - sigmoid(0.0)) == 0.25,
            most=sigmoid(0.0) * (1 - sigmoid(0.0)))  # fmt: skip
    c.say(
        """So when the sum $z$ changes by a little, the answer changes by at most a quarter of that. And the sum
        itself changes, when one weight is moved, by the input on its line times that change. Put together: a change
        of weight $w_1k$ by $Δw$ moves the answer by about σ′($z$) $x_k$ $Δw$, and by no more than a quarter of
        $x_k$ $Δw$. Here is the neuron above, with one number changed at a time by {change}:""",
        change=CHANGE,
    )
    rows, worst = changes(neuron, a)
    c.table(["changed", "rule says", "measured", "at most"], rows)
    c.check("The measured changes are those that the slope foretells, to {worst:.1e}; none is above its bound.",
            worst < 1e-4, worst=worst)  # fmt: skip
    c.say(
        """A neuron that jumped from 0 to 1 at once could not be taught little by little: nearly every small change of
        a weight would change nothing, and a few would change everything. With the sigmoid the answer follows every
        weight smoothly. Chapter 4 lives on that."""
    )


def changes(neuron, a: float) -> tuple[list[list[str]], float]:
    rows, errors = [], []
    for name, place, label in [("W1", k, f"$w_1{k + 1}$") for k in range(3)] + [("b1", None, "$b_1$")]:
        moved = {key: np.array(value, float) for key, value in WEIGHTS.items()}
        moved[name][0 if place is None else (0, place)] += CHANGE
        measured = neuron.evaluate(moved, INPUTS)["a1"].item() - a
        factor = 1.0 if place is None else INPUTS[place]
        foretold, most = a * (1 - a) * factor * CHANGE, factor * CHANGE / 4
        errors.append(abs(measured - foretold))
        assert 0 < measured <= most
        rows.append([label, f"{foretold:.6f}", f"{measured:.6f}", f"{most:.6f}"])
    return rows, max(errors)


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(1)
    weights, inputs = {"W1": [random.integers(1, 5, 2) / -2], "b1": [0.5]}, random.integers(1, 4, 2) / 4
    pair = symnn.mlp("2-1", cost=None)
    values = pair.evaluate(weights, inputs)
    with c.exercise() as solution:
        c.say(
            "Another neuron has the weights {w[0]} and {w[1]}, the bias {b}, and the inputs {x[0]} and {x[1]}. What "
            "does it answer?", w=weights["W1"][0], b=weights["b1"][0], x=inputs,
        )  # fmt: skip
        solution()
        c.working(work(pair, {**weights, "x": inputs}), 3)
        c.check("Exercise 1: the neuron answers {a:.3f}.", abs(values["a1"] - sigmoid(values["z1"])) < 1e-15,
                a=values["a1"].item())  # fmt: skip
    with c.exercise() as solution:
        c.say("What does the neuron of this chapter answer, when all inputs are 0? And when its bias is 0 as well?")
        solution()
        silent = symnn.mlp("3-1", cost=None).evaluate(WEIGHTS, [0, 0, 0])["a1"].item()
        c.say("Of the sum only the bias is left: $sigmoid(1) = {silent:.3f}$. Without it the sum is 0, and σ(0) = ½.",
              silent=silent)  # fmt: skip
        c.check("Exercise 2: σ(1) = {a:.3f}.", abs(silent - sigmoid(1.0)) < 1e-15, a=silent)
    with c.exercise() as solution:
        c.say("Show that $tanh(z)$, another function that squashes, is a sigmoid in disguise.")
        solution()
        c.chain(
            ("tanh(z) = (exp(z) - exp(-z))/(exp(z) + exp(-z))", "what tanh is"),
            ("= (1 - exp(-2*z))/(1 + exp(-2*z))", "divided by eᶻ, above and below"),
            ("= 2*sigmoid(2*z) - 1", "above, 1 − e⁻²ᶻ is 2 − (1 + e⁻²ᶻ)"),
        )
        c.check("Exercise 3: tanh z = 2σ(2z) − 1, at 20 random places, to 50 digits.", True)


if __name__ == "__main__":
    run(chapter)
