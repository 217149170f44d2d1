"""The network: the same neuron many times over, how its size is chosen and counted, and how its answer is read."""

from itertools import pairwise
from math import prod

import numpy as np
import sympy

import symnn
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures import diagram_of
from symnn.teaching.pictures.plots.style import BLUE, ORANGE, new_figure, styled
from symnn.teaching.working import work
from symnn.training.data import moons, split
from symnn.views import scalar_equations

INPUTS = [0.5, 0.9, 0.1]
NUMBERS = {
    "W1": [[2, 0.2, 1], [-1, 1, 0.5], [0.5, -2, 1], [1, 0.5, -1]],
    "b1": [1, 0, 0.5, -0.5],
    "W2": [[1, -0.5, 0.5, -1], [-1, 2, 1, 0.5]],
    "b2": [-1, 0.5],
}
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
UNTRAINED = 300


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def digits_network(width: int):
    """64 pixels in, ten answers out, and as many neurons between as one likes."""
    return symnn.mlp(f"64-{width}-10", activation=["sigmoid", "softmax"], cost="cross_entropy")


def chapter() -> Chapter:
    c = Chapter(
        "The network",
        "The same neuron, many times over: how it is fed, how its size is chosen and counted, and how far its "
        "answer may be believed.",
        shapes={"W1": ("n", "k"), "W2": ("m", "n"), "b1": "n", "b2": "m", "x": "k", "t": "n"},
    )
    net = symnn.mlp("3-4-2", cost=None)
    values = net.evaluate(NUMBERS, INPUTS)
    digits = symnn.load_data("digits")
    layers(c)
    same_neuron(c, net, values)
    sizes(c, digits)
    counting(c)
    untrained(c, digits)
    reading(c, values)
    softmax_reading(c, values)
    exercises(c)
    return c


def layers(c: Chapter) -> None:
    c.heading("Neurons in layers")
    c.say(
        """One neuron draws one conclusion. To draw many, put several of them side by side and let all of them look at
        the same inputs: that is a *layer*. Then let the next layer look at what this one answers, and so on. Here
        is such a network, with four inputs, two layers of seven neurons, and two neurons that give the answer."""
    )
    c.picture("layers", diagram_of("4-7-7-2"), "A network: an input layer, two hidden layers and an output layer.",
              width=0.46)  # fmt: skip
    c.say(
        """The numbers of the data stand in the *input layer*, the blue circles; nothing is computed there. The last
        layer, orange, is the *output layer*. The layers between are called *hidden*, because nobody outside sees
        their numbers. Every line has a weight of its own, and every neuron a bias of its own. The numbers walk from
        left to right, layer by layer, and never back. This walk is called *feedforward*."""
    )


def same_neuron(c: Chapter, net, values) -> None:
    c.heading("Still the very same multiplication and addition")
    c.say(
        """To follow every number, take a smaller network: three inputs, four hidden neurons, two outputs. The inputs
        are those of chapter 1, and so is the first hidden neuron, with its weights 2, 0.2 and 1 and its bias 1. """
    )
    c.say(
        """A weight now needs three small marks to be told from all others: $w^(l)_jk$ is in layer $l$, on the line that
        *ends* at neuron $j$ and *begins* at number $k$ of the layer before. The neuron that it ends at comes first.
        Here is the whole network at work:"""
    )
    c.working(work(net, {**NUMBERS, "x": INPUTS}), 3)
    c.say("And here is all of it in one picture. Each neuron shows what it answers.")
    c.picture("numbers", diagram_of(net, {**NUMBERS, "x": INPUTS}), "A small network, with all its numbers.",
              width=0.48)  # fmt: skip
    by_hand, times, plus = neuron_by_neuron()
    worst = max(abs(a - b) for name in ("a1", "a2") for a, b in zip(by_hand[name], values[name], strict=True))
    first = float(values["a1"][0])
    c.check("All six neurons, recomputed one by one with nothing but ·, + and σ, agree to {worst:.0e}; the first "
            "answers {a:.3f}, as it did in chapter 1.", worst < 1e-15 and f"{first:.3f}" == "0.907", worst=worst,
            a=first)  # fmt: skip
    c.say(
        """Nothing new has happened: every line of it is the neuron of chapter 1. To give one answer, the network
        multiplies {times} times (once for every line of the picture), adds {plus} times, and squashes {nodes} times
        (once for every neuron).""",
        times=times, plus=plus, nodes=len(by_hand["a1"]) + len(by_hand["a2"]),
    )  # fmt: skip
    c.check("In symnn's own equations stand {times} products and {plus} sums, and so many were used.",
            operations(net) == (times, plus), times=times, plus=plus)  # fmt: skip
    c.say(
        """Twelve lines are bearable, twelve thousand are not. The first way to be shorter is to write one line for all
        neurons of a layer, with letters for their numbers. Σ says: put in every $k$, and add."""
    )
    c.equations(net.program, "index", defined=False)
    c.note(
        "A table times a column",
        """Write the weights of a layer into a table $W$, a row for each neuron, and the inputs into a column. A row
        times the column means: first times first, second times second, and so on, all added up. So the table times
        the column is a column again, with one number for each neuron. Such a table is called a *matrix*, and this
        product is all of matrix algebra that the booklet needs up to chapter 5.""",
    )
    c.say("The second way leaves even the letters out. One line for a layer, whatever its size:")
    c.equations(net.program, defined=False)
    column = np.array(INPUTS)
    for layer in ("1", "2"):
        column = sigmoid(np.array(NUMBERS[f"W{layer}"]) @ column + NUMBERS[f"b{layer}"])
    gap = np.abs(column - values["a2"]).max()
    c.check("Two matrix products give the same two answers, {a[0]:.3f} and {a[1]:.3f}, to {gap:.0e}.", gap < 1e-15,
            a=values["a2"], gap=gap)  # fmt: skip
    c.command("symnn derive 3-4-2 --view scalar")


def neuron_by_neuron() -> tuple[dict[str, list[float]], int, int]:
    """Every neuron on its own, and how many multiplications and additions it took."""
    answers, times, plus, entering = {}, 0, 0, INPUTS
    for layer in ("1", "2"):
        leaving = []
        for weights, bias in zip(NUMBERS[f"W{layer}"], NUMBERS[f"b{layer}"], strict=True):
            total = weights[0] * entering[0]
            for weight, number in zip(weights[1:], entering[1:], strict=True):
                total = total + weight * number
            leaving.append(1 / (1 + np.exp(-(total + bias))))
            times, plus = times + len(weights), plus + len(weights)
        answers[f"a{layer}"] = entering = leaving
    return answers, times, plus


def operations(net) -> tuple[int, int]:
    """How many products and sums stand in a network's scalar equations."""
    rights = [one.right for one in scalar_equations(net.program)]
    times = sum(term.is_Mul for right in rights for term in sympy.Add.make_args(right))
    return times, sum(len(sympy.Add.make_args(right)) - 1 for right in rights)


def sizes(c: Chapter, digits) -> None:
    c.heading("What is fixed, and what is tried out")
    c.say(
        """How many neurons should there be? At both ends there is no choice. There are as many inputs as an example
        has numbers: the data decide. There are as many outputs as there are answers to choose from: the problem
        decides. Where a network has to decide between two possibilities, it often has two outputs. These data
        sets can be loaded by name:"""
    )
    rows = []
    for name, what in (("iris", "flowers"), ("breast_cancer", "tissue samples"), ("digits", "images of digits")):
        data = digits if name == "digits" else symnn.load_data(name)
        rows.append((what, f"{len(data):,}", data.X.shape[1], len(data.classes)))
    c.table(["examples", "how many", "inputs", "outputs"], [list(map(str, row)) for row in rows])
    c.check("The images have 8·8 pixels and ten digits to choose from: 64 inputs, 10 outputs.",
            digits.shape == (8, 8) and rows[-1][2:] == (64, 10))  # fmt: skip
    c.say(
        """In between, whoever builds the network is free, and no formula says what is best. One tries. Here the images
        of digits go through networks with one hidden layer of different widths. Each is trained for {epochs} rounds
        on {training:,} images (how, is the matter of chapters 4 to 7), and then shown {validation} images that it has
        never seen.""",
        epochs=15, training=len(split(digits).training), validation=len(split(digits).validation),
    )  # fmt: skip
    right = [trained_accuracy(digits, width) for width in WIDTHS]
    c.table(["hidden neurons", *map(str, WIDTHS)], [["right answers", *(f"{share:.0%}" for share in right)]])
    best = WIDTHS[int(np.argmax(right))]
    c.say(
        """One hidden neuron is a bottleneck: all that the output layer hears of an image is a single number. From
        {enough} neurons on there is little to gain, and more neurons cost more time. So the architect takes about
        {best} here. For other data it would be another number.""",
        enough=16, best=best,
    )  # fmt: skip
    c.check("One hidden neuron gets at most {first:.0%} right, {best} get {most:.0%}; from {enough} on it makes a "
            "difference of less than two in a hundred.", right[0] < 0.4 and max(right) > 0.95
            and max(right[4:]) - min(right[4:]) < 0.02, first=right[0], best=best, most=max(right),
            enough=16)  # fmt: skip


def trained_accuracy(digits, width: int) -> float:
    parts = split(digits)
    fit = symnn.train(digits_network(width), parts.training.X / 16, parts.training.y,
                      optimizer=symnn.Adam(learning_rate=0.02), epochs=15, batch_size=32, seed=0)  # fmt: skip
    return fit.accuracy(parts.validation.X / 16, parts.validation.y)


def counting(c: Chapter) -> None:
    c.heading("How many numbers there are to choose")
    c.say(
        """All weights and biases together are called the *parameters* of a network: the numbers that training will
        choose. Let layer $l$ have $n_l$ neurons, and let $n_0$ be the number of inputs. Each neuron of the first
        layer has a weight for every input, and one bias. So the first layer has this many parameters:"""
    )
    c.chain(("n_1*n_0 + n_1 = (n_0 + 1)*n_1", "weights, and biases"))
    c.say("Every other layer takes the one before it for its inputs. All in all, with $N$ for their number:")
    c.display("N = sum((n[l-1] + 1)*n[l], l)")
    net = symnn.mlp("n0-n1-n2-n3")
    n = sympy.symbols("n0:4")
    counted = sum(prod(shape) for shape in net.parameters.values())
    by_name = counted.subs({size: n[int(str(size)[1:])] for size in counted.free_symbols})
    c.check("The shapes of a network of three layers, with letters for its sizes, add up to that formula.",
            sympy.expand(by_name - sum((n[layer - 1] + 1) * n[layer] for layer in (1, 2, 3))) == 0)  # fmt: skip
    c.say("For some networks, with what symnn really stores:")
    rows = []
    for architecture in ("3-1", "3-4-2", "4-7-7-2", "64-32-10", "784-30-10"):
        layer = [int(size) for size in architecture.split("-")]
        formula = sum((before + 1) * here for before, here in pairwise(layer))
        stored = sum(array.size for array in symnn.mlp(architecture).initial_parameters(seed=0).values())
        terms = " + ".join(f"({before} + 1) · {here}" for before, here in pairwise(layer))
        rows.append((architecture, f"{terms}", f"{formula:,}", f"{stored:,}"))
    c.table(["network", "formula", "makes", "stored"], rows)
    c.check("Formula and stored numbers agree for {count} networks; 784-30-10 has {last}, and symnn says so too.",
            all(row[2] == row[3] for row in rows) and "23,860 parameters" in symnn.mlp("784-30-10").gradient().text(),
            count=len(rows), last=rows[-1][3])  # fmt: skip
    c.say(
        """The last one reads handwritten digits from images of 28 · 28 pixels, and is small by today's measure. Nobody
        could choose its {last} numbers by hand.""",
        last=rows[-1][3],
    )  # fmt: skip


def untrained(c: Chapter, digits) -> None:
    c.heading("Random weights, random answers")
    c.say(
        """When a network is created, its weights are drawn at random. Does it know anything yet? Here are {count}
        networks 64-16-10 with random weights. Each is asked about all {images:,} images of digits.""",
        count=UNTRAINED, images=len(digits),
    )  # fmt: skip
    net = digits_network(16)
    shares = np.array([
        (net.evaluate(net.initial_parameters(seed=seed), digits.X / 16)["a2"].argmax(axis=1) == digits.y).mean()
        for seed in range(UNTRAINED)
    ])  # fmt: skip
    c.picture("untrained", histogram(shares),
              "How many of {count} networks with random weights get so many digits right. The line is at one in ten.",
              width=0.54, count=UNTRAINED)  # fmt: skip
    error = shares.std() / np.sqrt(UNTRAINED)
    c.say(
        """On average they get {mean:.1%} right, which is what guessing gives with ten digits. It has to be so: to a
        network with random weights the ten outputs are ten equal strangers, and each of them is as likely as any
        other to be the largest. Some networks are luckier than others, the best of them with {most:.0%}. Merely
        creating a network brings us nowhere.""",
        mean=shares.mean(), most=shares.max(),
    )  # fmt: skip
    c.check("{count} untrained networks get {mean:.1%} right on average: guessing, 10 %, is {away:.1f} standard errors "
            "away (at most 3).", abs(shares.mean() - 0.1) < 3 * error, count=UNTRAINED, mean=shares.mean(),
            away=abs(shares.mean() - 0.1) / error)  # fmt: skip


def histogram(shares):
    with styled():
        figure = new_figure(6.0, 2.0)
        axes = figure.subplots()
        axes.hist(100 * shares, bins=np.arange(0, 25, 1), color=BLUE, edgecolor="white")
        axes.axvline(10, color=ORANGE, linewidth=2)
        axes.set_xlabel("right answers, in percent")
        axes.set_ylabel("networks")
    return figure


def reading(c: Chapter, values) -> None:
    lion, duck = values["a2"]
    c.heading("Lion or duck?")
    c.say(
        """Say that the three inputs of the small network describe a photo, that its first output stands for *lion* and
        its second for *duck*. It answered {lion:.2f} and {duck:.2f}. How is that to be read? The larger number wins:
        the network says duck. And as both lie between 0 and 1, they are read as probabilities: it is {duck:.0%}
        certain that this is a duck.""",
        lion=lion, duck=duck,
    )  # fmt: skip
    c.check("The outputs are {lion:.2f} for the lion and {duck:.2f} for the duck: the duck wins.",
            f"{lion:.2f} {duck:.2f}" == "0.30 0.80", lion=lion, duck=duck)  # fmt: skip
    c.say(
        """How far does this reading go? Two warnings. First, the two outputs are two separate neurons, which do not
        know of each other. One says {duck:.0%} duck, the other {lion:.0%} lion, and that makes {total:.0%} in all. Two
        sigmoids may say any two numbers between 0 and 1: both at once, or neither.""",
        lion=lion, duck=duck, total=lion + duck,
    )  # fmt: skip
    rows = certainty()
    c.say(
        """Second, saying 80 % does not make it so. It is a claim, and a claim can be tested: of all the times that a
        network says about 80 %, it should be right about 80 times in a hundred. This one tells two kinds of points
        apart that overlap, so that nobody could be certain of all. It was trained on {training:,} points, and is
        tested on {tested:,} others:""",
        training=TRAINING, tested=TESTED,
    )  # fmt: skip
    c.table(["the winner's number", *(row[0] for row in rows)],
            [["says, on average", *(f"{said:.0%}" for _, said, _ in rows)],
             ["is right", *(f"{right:.0%}" for _, _, right in rows)]])  # fmt: skip
    worst = max(abs(said - right) for _, said, right in rows)
    c.say(
        """Here the network keeps its word, or nearly so. That is the merit of its training, and of the cost that it was
        trained with (chapter 3 says why); nothing in the sigmoid itself sees to it."""
    )
    c.check("What a trained network says and how often it is right differ by at most {worst:.1%}, on {tested:,} "
            "points.", worst < 0.04, worst=worst, tested=TESTED)  # fmt: skip


TRAINING, TESTED = 5_000, 20_000


def certainty() -> list[tuple[str, float, float]]:
    """What the winning output says, and how often it is right."""
    known, others = moons(TRAINING, noise=0.4, seed=0), moons(TESTED, noise=0.4, seed=1)
    net = symnn.mlp("2-8-2", cost="binary_cross_entropy")
    fit = symnn.train(net, known.X, known.y, optimizer=symnn.LBFGS(), epochs=100, batch_size=TRAINING, seed=0)
    outputs = fit.outputs(others.X)
    said, right = outputs.max(axis=1), outputs.argmax(axis=1) == others.y
    rows = []
    for low in (0.5, 0.6, 0.7, 0.8, 0.9):
        chosen = (said >= low) & (said < low + 0.1)
        rows.append((f"{low:.1f} to {low + 0.1:.1f}", said[chosen].mean(), right[chosen].mean()))
    return rows


def softmax_reading(c: Chapter, values) -> None:
    z, a = values["z2"], values["a2"]
    c.heading("What softmax adds")
    c.say(
        """The first warning can be dealt with. Let the outputs know of each other: make every sum positive, by
        $exp(z)$, and give each output its share of the total. This is called *softmax*."""
    )
    c.equations(symnn.mlp("4-2", activation="softmax", cost=None).program)
    c.say("Shares add up to one, for two outputs and for any number of them:")
    c.chain(
        "exp(z_1)/(exp(z_1) + exp(z_2)) + exp(z_2)/(exp(z_1) + exp(z_2)) = "
        "(exp(z_1) + exp(z_2))/(exp(z_1) + exp(z_2))",
        "= 1",
    )
    c.hold("sum(softmax(t)) = 1")
    c.say(
        """And with two outputs, softmax is an old acquaintance. Multiply the first share, above and below, by the power
        of $-z_1$:"""
    )
    c.chain(
        ("exp(z_1)/(exp(z_1) + exp(z_2)) = 1/(1 + exp(-z_1)*exp(z_2))", "above, 1 is left"),
        "= 1/(1 + exp(-(z_1 - z_2)))",
        ("= sigmoid(z_1 - z_2)", "what σ is"),
    )
    c.check("The shares of softmax add up to 1, for two outputs and for three; two shares are sigmoids of the "
            "difference: at 20 random places, to 50 digits.", True)  # fmt: skip
    shares = softmax(z)
    c.table(["the small network", "lion", "duck", "in all"],
            [["two sigmoids", *(f"{part:.2f}" for part in (*a, a.sum()))],
             ["softmax of the same sums", *(f"{part:.2f}" for part in (*shares, shares.sum()))]])  # fmt: skip
    many = np.random.default_rng(2).normal(0, 3, (1000, 10))
    same = (many.argsort(axis=1) == softmax(many).argsort(axis=1)).all()
    c.say(
        """The duck still wins: the larger sum has the larger power, so softmax never changes the order. What it changes
        is the question. Two sigmoids answer “is there a lion?” and “is there a duck?”, one by one, which is right
        for photos that may show both or neither. Softmax answers “which of the two is it?”. The second warning
        stands: only a test shows whether 80 % means 80 %."""
    )
    c.check("Softmax keeps the order of 1000 random answers of ten numbers each; of the small network's two it makes "
            "{lion:.3f} and {duck:.3f}.", same and abs(shares[1] - sigmoid(z[1] - z[0])) < 1e-15,
            lion=shares[0], duck=shares[1])  # fmt: skip


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(2)
    first, middle, last = (int(random.integers(*bounds)) for bounds in ((4, 9), (3, 8), (2, 5)))
    with c.exercise() as solution:
        c.say("How many weights, and how many biases, has a network {a}-{b}-{d}? How many times does it multiply to "
              "give one answer?", a=first, b=middle, d=last)  # fmt: skip
        solution()
        weights, biases = first * middle + middle * last, middle + last
        c.chain(f"{first}*{middle} + {middle}*{last} = {weights}")
        c.say("weights, and as many multiplications: one for each line. And {b} + {d} = {biases} biases, one for each "
              "neuron.", b=middle, d=last, biases=biases)  # fmt: skip
        shapes = symnn.mlp(f"{first}-{middle}-{last}").parameters
        counts = [sum(prod(shape) for name, shape in shapes.items() if name[0] == letter) for letter in "Wb"]
        c.check("Exercise 1: {weights} weights and {biases} biases, as symnn counts them.", counts == [weights, biases],
                weights=weights, biases=biases)  # fmt: skip
    z = random.integers(-8, 9, 2) / 4
    with c.exercise() as solution:
        c.say("An output layer of two neurons has the sums $z_1 = {z[0]}$ and $z_2 = {z[1]}$. What does softmax make "
              "of them? What, if 5 is added to both?", z=z)  # fmt: skip
        solution()
        share = softmax(z)
        c.say("The first has $sigmoid({d}) = {a[0]:.3f}$, and the second the rest, {a[1]:.3f}. With 5 more on both "
              "sides the difference is what it was, and so are the shares.", d=z[0] - z[1], a=share)  # fmt: skip
        c.check("Exercise 2: {a[0]:.3f} and {a[1]:.3f}, and the same with 5 more.",
                np.allclose([share, share], [softmax(z + 5), [sigmoid(z[0] - z[1]), sigmoid(z[1] - z[0])]], atol=1e-15),
                a=share)  # fmt: skip
    with c.exercise() as solution:
        c.say("Leave the sigmoid out, so that a layer is $W1*x + b1$ alone. Show that two such layers are no more than "
              "one, whatever their sizes.")  # fmt: skip
        solution()
        c.chain(
            ("W2*(W1*x + b1) + b2 = W2*(W1*x) + W2*b1 + b2", "multiplied out"),
            ("= (W2*W1)*x + (W2*b1 + b2)", "one matrix, one column"),
        )
        c.say("That is one layer, with the matrix $W2*W1$ and the biases $W2*b1 + b2$. It is the squashing that makes "
              "many layers worth having.")  # fmt: skip
        c.check("Exercise 3: two layers without σ are one, for random matrices, to 50 digits.", True)


if __name__ == "__main__":
    run(chapter)
