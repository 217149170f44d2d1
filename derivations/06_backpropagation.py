"""Backpropagation: by hand, entry by entry, in matrices; the four fundamental equations, proved for any layer."""

from itertools import pairwise
from math import prod

import numpy as np
from sympy import Add, Mul, Pow, Sum

import symnn
from symnn.gradients import Gradient
from symnn.language import body_and_bound, size_of, tensors
from symnn.networks import general_network, parse_program
from symnn.proof import evaluate
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, ORANGE, new_figure, styled
from symnn.teaching.working import work

CHAIN = """
input x: scalar
target y: scalar
parameter w1, b1, w2, b2: scalar
z1 = w1*x + b1
a1 = sigmoid(z1)
z2 = w2*a1 + b2
a2 = sigmoid(z2)
C = (a2 - y)^2/2
"""
SMALL = {"W1": [[2], [-1]], "b1": [0, 0.5], "W2": [[1, -2], [2, 1]], "b2": [0, -1]}
SHOWN = {"x": [0.5], "y": [1, 0]}
BIG = "784-30-10"
FOUR = "The four fundamental equations of backpropagation"


def chapter() -> Chapter:
    c = Chapter(
        "Backpropagation",
        "How the slope of the cost by every weight is found in one walk through the network, from back to front: "
        "by hand, entry by entry, in matrices, and proved for a network of any number of layers.",
        names={"gradient": "∇_a C"},
        shapes={"W": ("n", "m"), "a": "m", "b": "n", "delta": "n", "z": "m"},
    )
    general = general_network("f", "C")
    one_chain(c)
    several_paths(c)
    every_weight(c)
    entry_by_entry(c)
    in_matrices(c)
    theorem(c, general)
    proof(c, general)
    for_actual_networks(c)
    for_a_batch(c, general)
    what_it_costs(c)
    exercises(c)
    return c


def one_chain(c: Chapter) -> None:
    c.heading("A chain of two neurons")
    c.say(
        """Gradient descent needs to know how steep the cost is in the direction of every weight and every bias. The
        essay says that calculus gives these slopes; here is how. We begin with a network in which nothing branches:
        one input, one neuron, and one more neuron behind it."""
    )
    program = symnn.Program(parse_program(CHAIN), layered=True)
    c.equations(program, defined=False)
    c.note(
        "Partial derivatives and the chain rule",
        """The cost depends on many numbers. If one of them, $w$, is moved and all others are held fast, the slope of
        the cost is the *partial derivative* ∂C/∂w, written with a round ∂. It says: a small change $Δw$ changes
        the cost by about ∂C/∂w times $Δw$.

        The *chain rule* is about what happens one after the other. If $w$ moves $z$ three times as fast as itself,
        and $z$ moves the cost twice as fast as itself, then $w$ moves the cost six times as fast: along a chain,
        slopes are multiplied.""",
    )
    c.say(
        """In the chain, $w^(1)$ moves the cost through $z^(1)$, then $a^(1)$, then $z^(2)$, then $a^(2)$. We
        multiply the slopes of these links, and we begin at the end, at the cost. So each line can use what was found
        on the one before it. The slope of the cost by the sum of a neuron will be needed again and again. It has a
        name: $δ^(1) = ∂C/∂z^(1)$, and likewise $δ^(2)$, the *errors* of the two layers."""
    )
    gradient = symnn.gradient(program, of="C", wrt=["w1", "b1", "w2", "b2"])
    c.derivation(gradient.steps("w1"), reasons=False)
    c.say(
        """Read the last lines of the five parts again. They go from the back of the network to the front, and nothing
        is computed twice. That is *backpropagation*. All that is still to come is bookkeeping: more neurons in
        a layer, and more layers."""
    )
    c.audit(gradient, "The chain of two neurons")


def several_paths(c: Chapter) -> None:
    c.heading("More than one path")
    c.say(
        """A neuron in a wide layer moves the cost through every neuron of the layer behind it. So we need the
        chain rule for several paths. Two are enough to see it; here $x$ moves $C$ through $u$ and through $v$:"""
    )
    program = parse_program("input x: scalar\nu = x^2\nv = 3*x\nC = u*v")
    gradient = symnn.gradient(program, of="C", wrt=["x"])
    c.equations(program, defined=False)
    c.derivation(gradient.steps("x", detail=1), "x")
    c.say(
        """*Along a path, slopes are multiplied; over the paths, they are added.* That is the whole rule. (Put $u$ and
        $v$ into $C$, and it is $3*x^3$; its slope is $9*x^2$, and so is this.)"""
    )
    slope = gradient.compile()(x=2.0)[1]["x"]
    c.check("Two paths: at $x = 2$ the sum over the paths is {slope:.0f}, which is the slope of $3*x^3$ there.",
            slope == 9 * 2.0**2, slope=float(slope))  # fmt: skip


def every_weight(c: Chapter) -> None:
    net = symnn.mlp("1-2-2")
    worked = work(net, {**SMALL, **SHOWN}, gradient=True)
    c.heading("Every weight by name")
    c.say(
        """Now a network with two neurons in each layer and numbers in it: one input, and two outputs, say for the
        lion and the duck. It was shown a lion, so that the targets are 1 and 0. There are ten parameters, few enough
        to give each a line of its own. First forward, then backward, in symbols and in numbers:"""
    )
    c.working(worked, 4)
    c.say(
        """Look at $δ^(1)_1$. The first hidden neuron reaches the cost along two lines, through the lion's neuron and
        through the duck's. So there are two products in its sum: each line brings back the error at its far end,
        times its own weight. What arrives is multiplied by the slope of the neuron itself, and that is its error.
        The picture shows the errors on their way."""
    )
    c.picture(
        "errors",
        errors_flow(c, worked.values),
        "Forward (blue) the activations go from left to right; backward (orange) the errors δ come from right to left, "
        "along the same lines. An arrow is as thick as what it carries: weight times error.",
        "A network with one input, two hidden and two output neurons; arrows from the outputs back to the hidden ones.",
        width=0.82,
    )
    rows, worst = against_differences(c, worked)
    c.say("Is it true? Each slope can also be measured: the parameter is moved a little, and the cost computed anew.")
    c.table(["by", "by the rule", "measured", "by", "by the rule", "measured"], rows)
    c.check("The ten slopes of the small network are those that are measured, to {worst:.0e}.", worst < 1e-9,
            worst=worst)  # fmt: skip
    c.say(
        """The measurement took two walks through the network for each of the ten parameters, the rule one
        walk forward and one backward for all of them. And one sees what an error is: to move the bias of a neuron by
        a little is to move its sum by as much, so that the measured slope by the bias *is* δ."""
    )


def cost(parameters: dict, x, y, f=lambda z: 1 / (1 + np.exp(-z))) -> float:
    """The quadratic cost of a network, as one writes it with NumPy."""
    a = np.asarray(x, float)
    for layer in range(1, len(parameters) // 2 + 1):
        a = f(parameters[f"W{layer}"] @ a + parameters[f"b{layer}"])
    return float(np.sum((a - y) ** 2) / 2)


def differences(parameters: dict, x, y, step: float = 1e-5, **options) -> dict:
    """The slopes of the cost by every parameter, measured: (C(θ + h) − C(θ − h)) / 2h."""
    moved = {name: np.array(value, float) for name, value in parameters.items()}
    slopes = {name: np.zeros_like(value) for name, value in moved.items()}
    for name, value in moved.items():
        for place in np.ndindex(value.shape):
            kept = value[place]
            value[place] = kept + step
            above = cost(moved, x, y, **options)
            value[place] = kept - step
            slopes[name][place] = (above - cost(moved, x, y, **options)) / (2 * step)
            value[place] = kept
    return slopes


def against_differences(c: Chapter, worked) -> tuple[list[list[str]], float]:
    found = worked.as_dict()["gradients"]
    measured = differences(SMALL, SHOWN["x"], SHOWN["y"])
    cells, errors = [], []
    for name, slopes in measured.items():
        for place in np.ndindex(slopes.shape):
            slope = np.asarray(found[name])[place]
            errors.append(abs(slope - slopes[place]))
            letter, layer = name[0].lower(), name[1]
            below = "".join(str(k + 1) for k in place)
            cells.append([f"${letter}^({layer})_{below}$", f"{slope:.6f}", f"{slopes[place]:.6f}"])
    half = len(cells) // 2
    return [cells[n] + cells[n + half] for n in range(half)], max(errors)


def errors_flow(c: Chapter, values: dict):
    """The network, with its activations going forward and its errors coming back."""
    a = [np.asarray(values[name], float) for name in ("x", "a1", "a2")]
    errors = [None, *(np.asarray(values[name], float) for name in ("delta1", "delta2"))]
    weights = [None, *(np.asarray(values[name], float) for name in ("W1", "W2"))]
    places = [[(0, 0)], [(3.4, 1), (3.4, -1)], [(6.8, 1), (6.8, -1)]]
    with styled():
        figure = new_figure(7.0, 3.5)
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(-0.9, 7.7), ylim=(-1.95, 1.85), aspect="equal")
        for layer in (1, 2):
            for right, above in places[layer]:
                for left, below in places[layer - 1]:
                    axes.plot([left, right], [below, above], color=BLUE, linewidth=1, alpha=0.6, zorder=1)
        for j, (right, above) in enumerate(places[2]):
            for k, (left, below) in enumerate(places[1]):
                carried = weights[2][j, k] * errors[2][j]
                drop = -0.13 if j == k else 0.0
                axes.annotate(
                    "", xy=(left + 0.55, below + drop + 0.16 * (above - below)),
                    xytext=(right - 0.55, above + drop - 0.16 * (above - below)),
                    arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 0.8 + 9 * abs(carried),
                                "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14},
                )  # fmt: skip
                # Beside its own arrow, and away from those that cross.
                share, aside = (0.5, 0.3 if above > 0 else -0.36) if j == k else (0.86, -0.52 if above > 0 else 0.46)
                at = (left + share * (right - left), below + share * (above - below) + aside)
                axes.text(*at, f"{carried:+.3f}".replace("-", "−"), color=ORANGE, fontsize=10, ha="center",
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})  # fmt: skip
        for layer, column in enumerate(places):
            for j, (across, up) in enumerate(column):
                axes.scatter([across], [up], s=1500, color="white", edgecolors=BLUE, linewidths=1.5, zorder=3)
                axes.text(across, up, f"{a[layer][j]:.3f}", color=BLUE, ha="center", va="center", zorder=4)
                if layer:
                    symbol = c.maths(f"δ^({layer})_{j + 1}").latex.replace(r"\bm", "")
                    side = 0.62 if up > 0 else -0.72
                    axes.text(across, up + side, f"${symbol} = {errors[layer][j]:.3f}$", color=ORANGE, ha="center",
                              va="center", fontsize=12.5)  # fmt: skip
        axes.text(0, 0.62, f"${c.maths('x_1').latex}$", color=BLUE, ha="center", va="center", fontsize=12.5)
    return figure


def entry_by_entry(c: Chapter) -> None:
    net = symnn.mlp("n0-n1-n2", activation="f", cost="C")
    c.heading("Entry by entry, for any width")
    c.embolden("W b x z a h δ X Z A Δ")
    c.say(
        """With letters for the widths one line stands for all neurons of a layer. Let there be two layers, of $n_1$
        and $n_2$ neurons, any activation $f$ and any cost $C$. What the cost itself contributes are its slopes by
        the last activations; they form the column $gradient$. The weight $w^(2)_jk$ is on the line from neuron
        $k$ to neuron $j$. Follow how symnn finds the slope by it; under each line stands why it follows, and the
        shapes of what is in it. (An expression in square brackets is 1 where what it says is true, else 0.)"""
    )
    c.derivation(net.gradient().steps("W2"), "W2", reasons=True)
    c.say(
        """So $∂C/∂w^(2)_jk$ is the error at the end of the line times the activation at its beginning. Of the whole
        double sum only one term has survived: the weight is on one line, and moves one neuron.

        The sum that does survive is the one over the paths. Each activation of layer 1 goes to all neurons of layer
        2 and comes back from all of them:"""
    )
    c.derivation(net.gradient().steps("W1", detail=1), "a1", reasons=True)


def in_matrices(c: Chapter) -> None:
    c.heading("In matrices: where the transposes come from")
    c.say(
        """The last line of each derivation is its matrix form. Two questions come up in every lecture. *Why is W
        transposed on the way back?* Forward, neuron $j$ collects over the *second* index of $w_jk$: the lines that
        arrive at it. Backward, neuron $k$ collects over the *first* index: the lines that leave it. A matrix product
        always sums over the second index of its left factor, so for the way back rows and columns must change places.

        *Why does the activation stand on the right, and lie down?* In $δ_j$ $a_k$ there is no sum at all. Every entry
        of one column meets every entry of the other: a column times a row. The error comes first because $j$
        counts the rows of $W$, and the gradient has the shape of $W$.

        What passes through the neurons themselves is neither of the two: each entry is multiplied by the slope of its
        own neuron. For this product, entry by entry, one writes ⊙ (the *Hadamard product*)."""
    )
    c.table(
        ["product", "shapes", "gives", "which is the shape of"],
        [
            ["$W*a$, forward", "($n_j$ × $n_k$)($n_k$ × 1)", "$n_j$ × 1", "$z$, an entry for each neuron"],
            ["$W'*delta$, backward", "($n_k$ × $n_j$)($n_j$ × 1)", "$n_k$ × 1", "$a$, of the layer before"],
            ["$delta*a'$", "($n_j$ × 1)(1 × $n_k$)", "$n_j$ × $n_k$", "$W$"],
        ],
    )
    wrong, right = without_transpose()
    c.say(
        """Shapes help to remember, but they prove nothing: in a network whose layers are all three neurons wide,
        $W$ $δ$, without the transpose, has the right shape too. But compared with measured
        slopes, those that it gives for the first layer are wrong by up to {wrong:.0%} of the largest one; with the
        transpose they differ by {right:.0e}, the error of the measurement.""",
        wrong=wrong, right=right,
    )  # fmt: skip
    c.check("In a network 3-3-3 the form without the transpose has the right shape and wrong numbers (by {wrong:.0%}); "
            "with it they are right.", wrong > 0.05 and right < 1e-8, wrong=wrong)  # fmt: skip


def without_transpose() -> tuple[float, float]:
    """How far the slopes of a first layer are off, relative to the largest: with W and with its transpose."""
    p, x, y = drawn([3, 3, 3], seed=6)
    measured = differences(p, x, y, f=np.tanh)
    z1 = p["W1"] @ x + p["b1"]
    z2 = p["W2"] @ np.tanh(z1) + p["b2"]
    delta = (np.tanh(z2) - y) * tanh_slope(z2)
    found = [np.outer(W @ delta * tanh_slope(z1), x) for W in (p["W2"], p["W2"].T)]
    scale = np.abs(measured["W1"]).max()
    wrong, right = (float(np.abs(one - measured["W1"]).max() / scale) for one in found)
    return wrong, right


def theorem(c: Chapter, general) -> None:
    c.heading("Any number of layers: the theorem")
    c.say(
        """Layers 1 and 2 were nothing special. We write $l$ for any layer, $n_l$ for its width and $L$ for the last
        one; the input is layer 0. What is a good thing to carry from layer to layer? Not the slope by a weight:
        no two weights share it. Not the slope by an activation: between it and the weights of its layer stands $f$.
        The slope by the *sum* is right, because weights and bias enter it linearly, so that each gradient is one
        product away. That is why one defines $δ^(l) = ∂C/∂z^(l)$."""
    )
    with c.statement("Theorem (the four fundamental equations of backpropagation)"):
        c.say("Let a network have the layers $l = 1$, …, $L$, with $a^(0) = x$, and let $f$ be differentiable:")
        c.equations(general, only=["Layer l = 1, …, L"], defined=False)
        c.say(
            """Let the cost $C$ be a differentiable function of $a^(L)$, with the slopes $gradient$. Begin with (BP1),
            and go back with (BP2) to the first layer: the columns so computed are the errors $δ^(l) = ∂C/∂z^(l)$ of all
            layers, and (BP3) and (BP4) are the gradients."""
        )
        c.equations(general, only=[FOUR], defined=False)
        c.say("(BP1) is for the last layer, (BP2) for every other, (BP3) and (BP4) for each.")
    c.say(
        """In words: the error of the last layer is what the cost says, times the slopes of the last neurons. The error
        of any other layer is the error behind it, brought back over the lines, times the slopes of its own neurons.
        The slope by a bias is the error. The slope by a weight is the error at the end of its line times the
        activation at its beginning.

        From this one can read off where a network learns slowly. A weight hardly moves if the activation at its
        beginning is near 0. And the weights of a neuron hardly move if it is *saturated*, so far out that its slope
        is near 0; in the last layer the right cost makes up for that (chapter 3).

        The names BP1 to BP4 are those of Michael Nielsen, Neural Networks and Deep Learning (2015), chapter 2; the
        method is older: D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors
        (1986), made it known, and S. Linnainmaa (1970) had it for any computation."""
    )
    c.command("symnn derive n0-…-nL --activation f --cost C")


def proof(c: Chapter, general) -> None:
    output, layer = (Gradient(part, notation=general.notation) for part in (general.output, general.layer))
    c.heading("The proof, by induction from the last layer to the first")
    c.say(
        """(BP1) and (BP2) compute a column for each layer, one after the other, of numbers that the forward pass has
        left. That these columns are derivatives is what we have to prove.

        *Claim* A($l$): the column computed for layer $l$ is the error of that layer, $δ^(l) = ∂C/∂z^(l)$.

        *Base*, $l = L$. The cost depends on the last sums only through the last activations, and each activation
        depends on its own sum alone:"""
    )
    c.derivation(output.steps("b_L", "W_L"), "z_L", reasons=False)
    c.say(
        """So the error of the last layer is what (BP1) computes: A($L$) is true.

        *Step*, from $l + 1$ to $l$. Let A($l + 1$) be true for some layer $l$ before the last: the column computed for
        the layer behind is its error, $δ^(l+1)$. How is the error of layer $l$ found from it? First we go back over the
        lines to the activations, then through the neurons to their sums:"""
    )
    c.derivation(layer.steps("b_l", "W_l"), "a_l", "z_l", reasons=False)
    c.say(
        """The right side is what (BP2) computes from the column of the layer behind. So the column computed for layer
        $l$ is its error, and A($l$) is true.

        *Conclusion.* A($L$) is true, and A($l + 1$) implies A($l$). So A($L$), A($L - 1$), …, A(1) are true, one after
        the other, whatever $L$ is.

        *Weights and biases.* The cost depends on the biases and on the weights of layer $l$ only through $z^(l)$,
        and its derivative by that is $δ^(l)$, which has been computed:"""
    )
    c.derivation(layer.steps("b_l", "W_l"), "b_l", "W_l", reasons=False)
    c.say(
        """These are (BP3) and (BP4). They speak of no other layer's errors, so that they hold for the last layer as
        for any other. ∎

        What do the marks at the margin mean? Each line was evaluated at random numbers, for random slopes of $f$ and
        for some widths, and agreed with the left side. That is no proof; the proof is the rule beside the line. It
        is a guard against slips, and a good one: in whole numbers modulo a large prime, two sides that
        differ hardly ever agree by chance (J. T. Schwartz, Fast probabilistic algorithms for verification of
        polynomial identities, 1980)."""
    )
    c.audit(output, "The base of the induction")
    c.audit(layer, "Its step")
    alike = all(
        str(output[f"{letter}_L"]).replace("_L", "_l").replace("_before", "_prev") == str(layer[f"{letter}_l"])
        for letter in "bW"
    )
    c.check("(BP3) and (BP4), derived for the last layer from the cost, are the same as for any other layer.", alike)
    used = {tensor.name for tensor in tensors(layer["z_l"].right)}
    c.check("Of what is behind layer $l$ its error needs $W^(l+1)$ and $δ^(l+1)$ alone: one step fits every layer.",
            used == {"W_next", "delta_next", "z_l"})  # fmt: skip
    jacobian(c, general)


def jacobian(c: Chapter, general) -> None:
    between = symnn.Program([general.layer.program[name] for name in ("a_l", "z_next")], layered=True)
    found = symnn.jacobian(between, "z_next", ["z_l"]).with_notation(general.notation)
    c.say(
        """There is another way to say (BP2). All slopes of the sums of layer $l + 1$ by those of layer $l$ form a
        matrix, their *Jacobian* (the diagonal matrix has the slopes of the neurons on its diagonal):"""
    )
    c.equations(found, only=["Backward"], defined=False)
    c.say(
        """Its transpose times $δ^(l+1)$ is $δ^(l)$. Whoever thinks in Jacobians, such as T. Parr and J. Howard, The
        Matrix Calculus You Need For Deep Learning (2018), reads backpropagation as a product of transposed
        Jacobians, multiplied from the side of the cost, so that a matrix always meets a column."""
    )
    p, x, y = drawn([3, 4, 2], seed=1)
    z1 = p["W1"] @ x + p["b1"]
    z2 = p["W2"] @ np.tanh(z1) + p["b2"]
    delta = (np.tanh(z2) - y) * tanh_slope(z2)
    transposed = (p["W2"] @ np.diag(tanh_slope(z1))).T @ delta
    c.check("The transposed Jacobian times $δ^(2)$ is the $δ^(1)$ of (BP2), in a network 3-4-2.",
            np.allclose(transposed, backpropagate(p, x, y)["b1"], rtol=1e-13))  # fmt: skip


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def backpropagate(p, x, y, f=np.tanh, f_slope=tanh_slope):
    z, a, slopes, last = {}, {0: x}, {}, len(p) // 2
    for l in range(1, last + 1):
        z[l] = p[f"W{l}"] @ a[l - 1] + p[f"b{l}"]
        a[l] = f(z[l])
    delta = (a[last] - y) * f_slope(z[last])                 # (BP1)
    for l in range(last, 0, -1):
        slopes[f"b{l}"] = delta                              # (BP3)
        slopes[f"W{l}"] = np.outer(delta, a[l - 1])          # (BP4)
        if l > 1:
            delta = p[f"W{l}"].T @ delta * f_slope(z[l - 1]) # (BP2)
    return slopes


def drawn(widths, seed: int) -> tuple[dict, np.ndarray, np.ndarray]:
    """Random parameters, an input and targets."""
    random = np.random.default_rng(seed)
    p = {}
    for layer, (before, width) in enumerate(pairwise(widths), 1):
        p[f"W{layer}"] = random.normal(size=(width, before))
        p[f"b{layer}"] = random.normal(size=width)
    return p, random.normal(size=widths[0]), random.uniform(size=widths[-1])


def for_actual_networks(c: Chapter) -> None:
    c.heading("The algorithm")
    c.bullets(
        "*Forward.* For $l = 1$, …, $L$ compute $z^(l)$ and $a^(l)$, and keep them.",
        "*Error.* Compute $δ^(L)$ by (BP1).",
        "*Backward.* For $l = L$, …, 1 write down the gradients by (BP3) and (BP4), then go one layer back by (BP2).",
    )
    c.say("In Python it is hardly longer. Here the cost is the quadratic one, and every layer has the same $f$:")
    c.code(backpropagate)
    c.say(
        """Does it do what the theorem says? We draw networks of one to six layers, with random widths, weights,
        inputs and targets. For each, the slopes that these lines give are compared with the gradient that symnn
        derives and compiles, with measured slopes, and with the same gradient computed with 50 digits. In the table
        stands the largest difference, relative to the largest slope."""
    )
    rows, worst = [], [0.0, 0.0, 0.0]
    random = np.random.default_rng(6)
    for depth in range(1, 7):
        widths = [int(n) for n in random.integers(2, 7, depth + 1)]
        errors, count = compared(widths, depth)
        worst = [max(pair) for pair in zip(worst, errors, strict=True)]
        rows.append([str(depth), "-".join(map(str, widths)), str(count), *(f"{error:.0e}" for error in errors)])
    c.table(["layers", "widths", "parameters", "symnn's code", "measured", "50 digits"], rows)
    c.check("Six networks: the lines above agree with symnn's compiled gradient to {one:.0e}, with measured slopes to "
            "{two:.0e}, with 50 digits to {three:.0e}.",
            worst[0] < 1e-13 and worst[1] < 1e-8 and worst[2] < 1e-13,
            one=worst[0], two=worst[1], three=worst[2])  # fmt: skip
    c.audit(symnn.mlp("2-3-2").gradient(), "A network 2-3-2, for one example and for a batch")


def compared(widths: list[int], seed: int) -> tuple[list[float], int]:
    """How far the ten lines are from symnn, from measured slopes and from 50 digits; and how many slopes."""
    p, x, y = drawn(widths, seed)
    found = backpropagate(p, x, y)
    gradient = symnn.mlp("-".join(map(str, widths)), activation="tanh").gradient()
    compiled = gradient.compile()(p, x, y)[1]
    exact = evaluate(gradient.program, {**p, "x": x, "y": y}, "mpmath", 50)
    digits = {name: exact[made].astype(float) for name, made in gradient.gradients.items()}
    others = (compiled, differences(p, x, y, f=np.tanh), digits)
    scale = max(np.abs(value).max() for value in digits.values())
    return [
        max(float(np.abs(found[name] - other[name]).max()) for name in found) / scale for other in others
    ], sum(value.size for value in p.values())


def for_a_batch(c: Chapter, general) -> None:
    c.heading("Many examples at once")
    c.say(
        """The cost of a batch of $m$ examples is the average of their costs, and the derivative of an average is the
        average of the derivatives: nothing new has to be derived. But a computer would rather multiply large
        matrices once than small ones often. Put the examples into the rows of a matrix, and everything that belongs
        to an example has a row of its own: $X$, $Z$, $A$ and $Δ$, the errors. $W$ stays as it is:"""
    )
    c.equations(general, batch=True, only=["Layer l = 1, …, L", FOUR], defined=False)
    c.say(
        """The 1 is a column of $m$ ones. On the right of a row it repeats the bias for every example; after a transpose
        it adds up over the examples. In (BP4) the matrix product itself runs over the examples: it adds up the $m$
        products $delta*a'$. And the transposes have changed places, because a column became a row: the way back has
        none, the way forward has one."""
    )
    p, _, _ = drawn([3, 4, 2], seed=2)
    random = np.random.default_rng(3)
    X, Y = random.normal(size=(7, 3)), random.uniform(size=(7, 2))
    each = [backpropagate(p, x, y) for x, y in zip(X, Y, strict=True)]
    average = {name: np.mean([one[name] for one in each], axis=0) for name in p}
    batch = symnn.mlp("3-4-2", activation="tanh").gradient().compile()(p, X, Y)[1]
    Z1 = X @ p["W1"].T + np.outer(np.ones(7), p["b1"])
    Z2 = np.tanh(Z1) @ p["W2"].T + np.outer(np.ones(7), p["b2"])
    D2 = (np.tanh(Z2) - Y) * tanh_slope(Z2)
    D1 = D2 @ p["W2"] * tanh_slope(Z1)
    by_hand = {"W1": D1.T @ X / 7, "b1": D1.T @ np.ones(7) / 7}
    worst = max(np.abs(batch[name] - average[name]).max() for name in p)
    worst = max(worst, *(np.abs(by_hand[name] - average[name]).max() for name in by_hand))
    c.check("For 7 examples the matrix form of a batch, in NumPy and as symnn compiles it, is the average of the 7 "
            "gradients, to {worst:.0e}.", worst < 1e-14, worst=float(worst))  # fmt: skip


def multiplications(equations) -> int:
    """How many products of two numbers some equations need, as they stand; factors such as ½ are not counted."""

    def count(part, times: int) -> int:
        if isinstance(part, Sum):
            body, bound = body_and_bound(part)
            return count(body, times * prod(int(size_of(index)) for index in bound))
        if isinstance(part, Pow):
            return times + count(part.base, times)
        if isinstance(part, Add | Mul):
            factors = [one for one in part.args if not one.is_number]
            own = times * (len(factors) - 1) if isinstance(part, Mul) else 0
            return own + sum(count(one, times) for one in factors)
        return 0

    return sum(count(one.right, prod(int(size_of(index)) for index in one.indices)) for one in equations)


def what_it_costs(c: Chapter) -> None:
    gradient = symnn.mlp(BIG).gradient()
    program, backward = gradient.program, set(gradient.derivation.backward)
    named = {"delta2": "(BP1)", "dW2": "(BP4), layer 2", "delta1": "(BP2)", "dW1": "(BP4), layer 1"}
    forward = multiplications(one for one in program if one.tensor.name not in backward)
    parts = {name: multiplications([program[name]]) for name in named}
    total, parameters = sum(parts.values()), sum(prod(shape) for shape in symnn.mlp(BIG).parameters.values())
    c.heading("What it costs")
    c.say(
        """Take the network 784-30-10, which reads a digit from an image of 784 points. Of each of its equations one
        sees from the shapes how many multiplications it takes: a product with $W$ takes as many as $W$ has entries, and
        so does $delta*a'$."""
    )
    c.table(
        ["equations", "multiplications"],
        [
            ["forward, all of them", f"{forward:,}"],
            *([named[name], f"{count:,}"] for name, count in parts.items()),
            ["backward, all of them", f"{total:,}"],
        ],
    )  # fmt: skip
    one_by_one = (parameters + 1) * forward
    c.say(
        """The way back takes {ratio:.2f} times the work of the way forward. For any widths (BP4) takes as many
        multiplications as the forward pass, (BP2) as many but for the first layer, (BP3) none, and ⊙ one for each
        neuron: never more than twice the forward pass and one a neuron, however many weights there are. To measure
        the {parameters:,} slopes instead, one would walk forward once for each parameter, and once for comparison:
        {one_by_one:,} multiplications, {times:,.0f} times as many as forward and backward together. This is why
        networks can be trained at all. It is true of every function that a computer evaluates step by step: all its
        slopes together cost a small multiple of its value (W. Baur and V. Strassen, The complexity of partial
        derivatives, 1983; A. Griewank and A. Walther, Evaluating Derivatives, 2008). The price is memory: all
        $z^(l)$ and $a^(l)$ are kept until the way back.""",
        ratio=total / forward, parameters=parameters, one_by_one=one_by_one, times=one_by_one / (forward + total),
    )  # fmt: skip
    widths = [int(n) for n in BIG.split("-")]
    shapes = sum(n * m for n, m in pairwise(widths))
    c.check("Multiplications counted in symnn's equations of 784-30-10: forward {forward:,}, which is 30·784 + 10·30 "
            "and 10 squares in the cost; backward {total:,}, which is as many, 30·10 for (BP2) and 30 + 10 for ⊙.",
            forward == shapes + 10 and total == shapes + 300 + 40, forward=forward, total=total)  # fmt: skip
    ratio = deepest_ratio()
    c.check("The bound holds in three other networks; in one of ten layers of 20 neurons the way back takes "
            "{ratio:.2f} times as many as the way forward.", 1.8 < ratio < 2, ratio=ratio)  # fmt: skip


def deepest_ratio() -> float:
    """Back against forward in a deep network, after the bound was checked in it and in two others."""
    for widths in ([6, 1, 6], [3, 5, 2, 4], [20] * 11):
        gradient = symnn.mlp("-".join(map(str, widths))).gradient()
        backward = set(gradient.derivation.backward)
        back = multiplications(one for one in gradient.program if one.tensor.name in backward)
        ahead = multiplications(one for one in gradient.program if one.tensor.name not in backward)
        assert back <= 2 * ahead + sum(widths[1:])
    return back / ahead


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(6)
    drawn_weights = random.integers(1, 5, 2) / 2
    values = {"W1": [[drawn_weights[0]]], "b1": [-0.5], "W2": [[-drawn_weights[1]]], "b2": [1], "x": [1], "y": [1]}
    with c.exercise() as solution:
        c.say(
            """A chain of two sigmoid neurons has the weights {w} and {v}, the biases −0.5 and 1, the input 1
            and the target 1. Compute both errors and all four slopes. Which way does gradient descent move each
            parameter?""",
            w=f"{values['W1'][0][0]:g}", v=f"{values['W2'][0][0]:g}",
        )  # fmt: skip
        solution()
        worked = work(symnn.mlp("1-1-1"), values, gradient=True)
        c.working(worked, 3)
        found = worked.as_dict()["gradients"]
        symbols = {"W1": "$w^(1)_11$", "b1": "$b^(1)_1$", "W2": "$w^(2)_11$", "b2": "$b^(2)_1$"}
        up, down = ([symbols[n] for n in found if (np.ravel(found[n])[0] < 0) == raised] for raised in (True, False))
        c.say(f"Against the signs of their slopes: {' and '.join(up)} are raised, {' and '.join(down)} are lowered.")
        measured = differences({name: values[name] for name in found}, values["x"], values["y"])
        error = max(float(np.abs(found[name] - measured[name]).max()) for name in found)
        c.check("Exercise 1: the four slopes are those that are measured, to {error:.0e}.", error < 1e-9, error=error)
    with c.exercise() as solution:
        c.say(
            """In a residual network a layer adds something to what it was given, and hands on both: $h = tanh(z) + a$
            with $z = W*a + b$. How does the way back change?"""
        )
        solution()
        block = parse_program("input a: n\nparameter W: n x n\nparameter b: n\nz = W*a + b\nh = tanh(z) + a")
        gradient = symnn.gradient(block, of="h", wrt=["a"])
        c.say(
            """There are two paths from $a$ to $h$, one through $z$ and one straight on, and their shares are added. A
            bar stands for the slope of the cost by the letter under it:"""
        )
        c.equations(gradient, only=["Backward"], defined=False)
        c.say("The slope goes back along the straight path unchanged, however flat the neurons are.")
        c.audit(gradient, "Exercise 2, the residual layer")
    with c.exercise() as solution:
        c.say(
            """The slope of the sigmoid is at most ¼. By how much, at least, does the error shrink on its way from the
            last to the first neuron of a chain of ten, all of whose weights are 1? What does that mean for learning?"""
        )
        solution()
        chain = symnn.mlp("-".join(["1"] * 11))
        p = {name: np.ones(shape) if name[0] == "W" else np.zeros(shape) for name, shape in chain.parameters.items()}
        slopes = chain.gradient().compile()(p, [0.5], [1.0])[1]
        ratio = float(slopes["b1"][0] / slopes["b10"][0])
        c.say(
            """By (BP2) each layer multiplies the error by its weight and its slope, at most ¼. Nine layers make at most
            {bound:.1e}; with the input 0.5 and biases 0 it is {ratio:.1e}. The first layers of a deep sigmoid network
            hardly learn at first. This is the *vanishing gradient*.""",
            bound=0.25**9, ratio=ratio,
        )  # fmt: skip
        c.check("Exercise 3: over nine sigmoid layers the error shrinks to {ratio:.1e}, below (¼)⁹ = {bound:.1e}.",
                0 < ratio <= 0.25**9, ratio=ratio, bound=0.25**9)  # fmt: skip


if __name__ == "__main__":
    run(chapter)
