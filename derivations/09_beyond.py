"""Beyond: softmax, convolutions, attention, normalization, memory, and a transformer block on one page.

Each is a list of equations, and its gradient follows from the rule of all the others.
"""

import numpy as np
from sympy import Sum

import symnn
from symnn.networks import (
    Attention,
    BatchNorm,
    Convolution2d,
    LayerNorm,
    LSTMCell,
    RecurrentCell,
    RMSNorm,
    TransformerBlock,
    unroll,
)
from symnn.proof import evaluate, finite_differences
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, GREEN, GREY, ORANGE, new_figure, styled
from symnn.writing import Notation

STEPS, UNITS, SCALES = 30, 8, (0.8, 1.0, 1.2)
KERNEL, SIGNAL, ERRORS = [1, -2, 3], [2, 0, 1, -1, 3, 1], [1, 0, 2, -1]


def chapter() -> Chapter:
    c = Chapter(
        "Beyond",
        "What real models add: shares, kernels, attention, normalization and memory. The equations are new; the rule "
        "that differentiates them is not.",
        bold="a c g h p u v w x y z A K M O P Q S U V W X δ",
        shapes={**dict.fromkeys(["c", "c_0", "f", "g", "i", "xhat"], "m"),
                **dict.fromkeys(["delta", "p", "u", "v", "z"], "n"), "M": ("n", "k")},
        names={"xhat": "x̂"},
    )
    c.say(
        """Every model in this chapter is a list of equations, and its gradient is found in one way: walk through
        the list backwards; wherever a quantity was used, send back the derivative of the cost by what it was used
        for, times the local derivative; add up what arrives. Nothing more is needed. What changes from model to
        model is only how many indices there are, and which of them are summed over."""
    )
    c.note(
        "A bar is a derivative of the cost",
        """Most of these models are parts of something larger, and have no cost of their own. Then the derivative of
        the cost by the part's output is given from above: for an output $O$ it is called $Ō$, for $z$ it is $z̄$.
        Like any gradient it has the shape of its variable. The part's task is to send it on: to its parameters, and
        to its input.""",
    )
    softmax(c)
    parts = [convolution(c), attention(c), *normalization(c), recurrence(c), transformer(c), exercises(c)]
    compare(c, parts)
    return c


Part = tuple[str, symnn.Gradient, dict[str, int]]
"""What a part is called, its gradient, and sizes at which it is compared with differences."""


def compare(c: Chapter, parts: list[Part]) -> None:
    """Compare gradients at random places with differences, (f(x + h) − f(x − h))/2h, both to 50 digits."""
    random, said = np.random.default_rng(9), []
    for what, gradient, sizes in parts:
        program = gradient.program
        values = {name: random.normal(size=numbers_of(tensor.shape, sizes)) for name, tensor in program.inputs.items()}
        slopes, upstream = evaluate(program, values, "mpmath", 50), values[gradient.derivation.upstream]
        measured = finite_differences(program, values, gradient.of, list(gradient.gradients), upstream=upstream)
        worst = max(abs(slopes[made] - measured[name]).max() for name, made in gradient.gradients.items())
        assert worst < 1e-30, what
        said.append(f"{what} ({sum(np.size(one) for one in measured.values())})")
    c.check("Against differences, every slope agrees to more than 30 digits: {all}.", len(said) == len(parts),
            all=", ".join(said))  # fmt: skip


def numbers_of(shape, sizes: dict[str, int]) -> list[int]:
    return [int(size.subs({letter: sizes[letter.name] for letter in size.free_symbols})) for size in shape]


def softmax(c: Chapter) -> None:
    gradient = symnn.mlp("n0-n1", activation="softmax", cost="cross_entropy").gradient()
    c.heading("Softmax and cross-entropy: shares that add up to 1")
    c.say(
        """A network that is to choose among many classes should not give each of them a confidence of its own, but
        share out one whole among them. The *softmax* does that (John Bridle, Probabilistic interpretation of
        feedforward classification network outputs, 1990): the exponential makes every number positive, and a
        division by the sum of all makes them add up to 1. The division is hidden in the second line: $L$ is the
        logarithm of that sum, so that $exp(z_j - L)$ is $exp(z_j)$ divided by it. The *cross-entropy* is the cost
        that fits: minus the logarithm of the share that the right class got."""
    )
    c.equations(gradient, "index", only=("Forward",), defined=False)
    c.say(
        """Backwards, $z_j$ has two ways to the cost: through its own share, and through the sum $L$, which all
        share. Here is what arrives on each, and where it is used that the target's entries add up to 1:"""
    )
    c.derivation(gradient.steps("W1", detail=1), "L1", "z1")
    c.say(
        """All exponentials and logarithms are gone. What is left is the prediction minus the truth, for every
        class: a learner could hardly be told more plainly what to change. And nothing in it becomes small while the
        answer is still wrong."""
    )
    c.audit(gradient, "Softmax with cross-entropy")
    c.say(
        """The second derivative shows one thing more. As a function of $z$ the cost is $L$ minus a linear part, so
        it bends as $L$ does; and how the logarithm of a sum of exponentials bends, symnn finds by the same rule,
        applied twice:"""
    )
    hessian = symnn.diff("logsumexp(z)", kind="hessian", shapes={"z": "n"})
    c.equations(hessian, only=("Hessian",), defined=False)
    c.say(
        """The first line is the softmax, call it $p$. How strongly the cost bends in a direction $v$ is then, with
        $m$ for the mean of $v$ under the shares $p$,"""
    )
    c.chain(
        "v'*(diag(p) - p*p')*v = p'*(v.^2) - m^2",
        ("= p'*((v - m*vector(1)).^2)", "the shares add up to 1"),
        ("≥ 0", "squares, with positive shares"),
        given={"p": "softmax(z)", "m": "p'*v"},
    )
    c.say(
        """That is a variance, and no variance is negative. So the cost bends upwards everywhere: one layer with a
        softmax has one valley only (Stephen Boyd and Lieven Vandenberghe, Convex optimization, 2004, section
        3.1.5). Local minima come from the layers below."""
    )
    bends = np.linalg.eigvalsh(hessian.compile()(z=np.array([0.3, -1.0, 2.0, 0.5]))["z", "z"])
    c.check("At z = (0.3, −1, 2, 0.5) the Hessian's eigenvalues are {all}: none is below 0.", bends.min() > -1e-15,
            all=", ".join(f"{abs(one):.3f}" for one in bends))  # fmt: skip


def convolution(c: Chapter) -> Part:
    n, q = symnn.sizes("n q")
    i, p = symnn.index("i", n - q + 1), symnn.index("p", q)
    x, w = symnn.tensor("x", n, "input"), symnn.tensor("w", q, "parameter")
    b, z = symnn.tensor("b", (), "parameter"), symnn.tensor("z", n - q + 1)
    program = symnn.Program([symnn.Equation(z[i], Sum(w[p] * x[i + p], p) + b)])
    gradient = symnn.gradient(program, of="z", wrt=["w", "b", "x"], upstream="delta")
    gradient = gradient.with_notation(Notation(names={"delta": "δ"}))
    c.heading("A convolution: the same few weights everywhere")
    c.say(
        """An edge is an edge wherever it is in a picture. A dense layer would have to learn it anew for every
        place. A *convolution* learns it once: a few weights, the *kernel*, are laid over the input at one place
        after the other, and every time the sum of products is taken (Yann LeCun and others, Backpropagation applied
        to handwritten zip code recognition, 1989). Of a signal $x$ with $n$ numbers, a kernel $w$ with $q$ weights
        and a bias $b$ make"""
    )
    c.equations(gradient, "index", only=("Forward",), defined=False)
    few = np.prod(Convolution2d((1, 28, 28), filters=1, width=5).parameters()["W"])
    many = np.prod(symnn.Dense(28 * 28, 24 * 24).parameters()["W"])
    c.say(
        """(indices count from 0 here). A kernel of 5 times 5 weights on a picture of 28 times 28 numbers has {few}
        weights; a dense layer between the same numbers has {many:,}. In the picture, lines of one colour have one
        weight:""",
        few=few, many=int(many),
    )  # fmt: skip
    c.picture("convolution", kernel_lines(), "One kernel of three weights at four places: blue, orange, green.",
              width=0.48)  # fmt: skip
    c.say("With $δ$ for the derivative of the cost by $z$, the same rule as ever gives")
    c.equations(gradient, "index", only=("Backward",), defined=False)
    c.say(
        """The first line says: a weight collects from every place where it was used, since it is the same weight
        everywhere. The last says what a number of the signal gets back. The bracket is 1 where the condition in it
        holds, and 0 elsewhere: near the ends not all of the kernel's places exist. Look at the index: $w$ met $x$
        with a plus, and meets δ with a minus. Follow the lines from an $x$ in the middle upwards, and the colours
        come in the other order. The gradient is again a convolution, *with the kernel turned round*. In numbers:"""
    )
    values = {"x": np.array(SIGNAL, float), "w": np.array(KERNEL, float), "b": 0.0}
    forward, slopes = gradient.compile()(**values, delta=np.array(ERRORS, float))
    rows = [["$x$", *SIGNAL], ["$w$", *KERNEL], ["$z$", *forward], ["$δ$", *ERRORS], ["$∂C/∂w$", *slopes["w"]],
            ["$∂C/∂x$", *slopes["x"]]]  # fmt: skip
    c.table(["place", *map(str, range(len(SIGNAL)))], [[row[0], *padded(row[1:], len(SIGNAL))] for row in rows])
    turned = np.correlate(np.pad(ERRORS, len(KERNEL) - 1), KERNEL[::-1])
    c.check("By NumPy's correlate: $∂C/∂x$ is the kernel turned round, laid over $δ$; $∂C/∂w$ is $δ$ laid over the "
            "signal.",
            (turned == slopes["x"]).all() and (np.correlate(SIGNAL, ERRORS) == slopes["w"]).all())  # fmt: skip
    M = symnn.jacobian(program, "z", "x").compile()(**values)["x"]
    c.say(
        """A convolution is also a dense layer whose matrix, call it $M$, has the kernel in every row, each time one
        place further to the right, and zeros elsewhere. Its gradient must be $M'*delta$, as in chapter 6, and it
        is: a column of $M$ has the kernel from its last weight to its first."""
    )
    c.check("With $M$ as symnn's Jacobian gives it, $M'*delta$ is $∂C/∂x$, exactly.",
            (slopes["x"] == M.T @ ERRORS).all())  # fmt: skip
    c.audit(gradient, "The convolution")
    c.say(
        """Pictures have rows, columns and channels, and a layer has several kernels. That makes more letters (o for
        the kernel, c for the channel), and nothing new:"""
    )
    shape = symnn.sizes("N H V")
    layer = Convolution2d(shape, filters=symnn.sizes("F"), width=q)
    images = symnn.Program(layer.equations(symnn.tensor("x", shape, "input")))
    both = symnn.gradient(images, of="z", wrt=["W", "b", "x"], upstream="delta")
    c.equations(both.with_notation(Notation(names={"delta": "δ"})), "index", defined=False, beside=True)
    return "the convolution of pictures", both, {"N": 2, "H": 4, "V": 4, "F": 2, "q": 2}


def padded(numbers, length: int) -> list[str]:
    texts = [f"{number:.0f}" for number in numbers]
    return texts + [""] * (length - len(texts))


def kernel_lines():
    with styled():
        figure = new_figure(6.2, 2.3)
        axes = figure.subplots()
        places = len(SIGNAL) - len(KERNEL) + 1
        for place in range(places):
            for tap, colour in enumerate((BLUE, ORANGE, GREEN)):
                axes.plot([place + tap, place + 1], [0, 1], color=colour, linewidth=2.2, zorder=1)
        for letter, height, shift, count in (("x", 0, 0, len(SIGNAL)), ("z", 1, 1, places)):
            for place in range(count):
                axes.scatter(place + shift, height, s=620, color="white", edgecolor=GREY, linewidth=1.2, zorder=2)
                axes.text(place + shift, height, f"${letter}_{place}$", ha="center", va="center", fontsize=14, zorder=3)
        axes.set_axis_off()
        axes.set_ylim(-0.3, 1.3)
    return figure


def attention(c: Chapter) -> Part:
    T, d, k = symnn.sizes("T d k")
    layer = Attention((T, d), keys=k, use_bias=True)
    gradient = symnn.gradient(symnn.Program(layer.equations(symnn.tensor("X", (T, d), "input"))), of="O")
    c.heading("Attention: each place asks all the others")
    c.say(
        """In a sentence it depends on the other words what a word means, and often on words that are far away. An
        *attention head* lets every place look at every other and choose (Ashish Vaswani and others, Attention is
        all you need, 2017). The rows of $X$ are the places, say words. From its row each place makes three new
        rows: a question, its *query*; a label by which others may find it, its *key*; and what it has to say, its
        *value*. How well the query of $i$ fits the key of $j$ is their product $S_ij$. A softmax in each row makes
        shares of these scores, and what place $i$ gets is the mean of all values, weighed by its shares. $X$ is
        $T × d$, for $T$ places with $d$ numbers each; $Q$, $K$, $V$ and $O$ are $T × k$; $S$ and $P$ are $T × T$,
        with a row for the place that asks and a column for the place that answers; each $W$ is $d × k$."""
    )
    c.equations(gradient, beside=True)
    random = np.random.default_rng(3)
    spread = (random.normal(size=(100_000, 64)) * random.normal(size=(100_000, 64))).sum(axis=1).std()
    c.say(
        """Why the square root? A sum of $k$ products of random numbers grows as $sqrt(k)$. Scores that large would
        make a softmax that gives all to one place, and whose slope is nearly 0. Divided by $sqrt(k)$ they keep
        their size."""
    )
    c.check("Scores of random queries and keys with k = 64 spread by {spread:.2f}, about √64 = 8.",
            abs(spread - 8) < 0.1, spread=spread)  # fmt: skip
    c.say(
        """Now the gradient, from the top. A share's worth, $P̄$, is how well the value it leads to fits what is wanted.
        Each score then gets its share times how much more it is worth than the mean of its row, which the third line
        takes away. The rest is what every product sends to its factors: to the one the gradient times the other,
        transposed. A value is asked from many places, and so collects from all of them: the transpose of $P$ does that
        sum.

        One line is strange: the bias of the keys has no gradient at all. It adds to all scores in row $i$ the same
        number, the query of $i$ times the bias; and a softmax does not see what is added to all:"""
    )
    c.chain("softmax(z + b*vector(1)) = softmax(z)")
    c.say(
        """symnn was not told this. It found that the rows of $S̄$ add up to 0, since a row of shares adds up to 1.
        For one row, with shares $p$ and their worth $u$:"""
    )
    c.chain(
        "sum(p.*(u - (p'*u)*vector(1))) = p'*u - (p'*u)*sum(p)",
        ("= 0", "the shares add up to 1"),
        given={"p": "softmax(z)"},
    )
    sizes = {"T": 5, "d": 4, "k": 3}
    values = {name: random.normal(size=numbers_of(tensor.shape, sizes))
              for name, tensor in gradient.program.inputs.items()}  # fmt: skip
    f = gradient.compile()
    output, slopes = f(**values)
    c.check("The head's output is that of four lines of NumPy, to {off:.0e}.",
            (off := abs(output - attended(values)).max()) < 1e-14, off=off)  # fmt: skip
    moved, _ = f(**{**values, "b_K": values["b_K"] + 1000})
    c.check("With 1000 added to every bias of the keys the output changes by {off:.0e}.",
            (off := abs(moved - output).max()) < 1e-10 and not slopes["b_K"].any(), off=off)  # fmt: skip
    return "the attention head", gradient, {"T": 3, "d": 2, "k": 2}


def attended(v: dict) -> np.ndarray:
    Q, K, V = (v["X"] @ v[f"W_{name}"] + v[f"b_{name}"] for name in "QKV")
    shares = np.exp(Q @ K.T / np.sqrt(Q.shape[1]))
    return shares / shares.sum(axis=1, keepdims=True) @ V


def normalization(c: Chapter) -> list[Part]:
    m, d = symnn.examples, symnn.sizes("d")
    x = symnn.tensor("x", (m, d), "input")
    batch, layer = (
        symnn.gradient(symnn.Program(one.equations(x)), of="h", wrt=["gamma", "beta", "x"])
        for one in (BatchNorm(d), LayerNorm((m, d)))
    )
    c.heading("Normalization: numbers of a usual size")
    c.say(
        """The inputs of a deep layer are the outputs of the layers before it, and these change all the time while
        they learn. *Batch normalization* gives every number a usual size (Sergey Ioffe and Christian Szegedy, Batch
        normalization, 2015): take away the mean over the examples of a batch, divide by the standard deviation, and
        let two new parameters, γ and β, choose a scale and a shift that suit. With $n$ for the example and $k$ for
        the feature:"""
    )
    c.equations(batch, "index", beside=True)
    c.say(
        """The little number under the root keeps $s_k$ from 0. Each example now depends on all the others of its
        batch, through the mean and the variance, and so does its gradient. The fact in the last line was found, not
        given: where a mean was taken away, the rest adds up to 0. Without it $μ̄$ would have one more term."""
    )
    c.say(
        """Now put $v̄$ and $μ̄$ into the last line. Of one feature let $g$ be the column of all $h̄$ times γ, let
        $c$ be its centred column, and $xhat = c/s$:"""
    )
    c.chain(
        ("g/s + 2/m*(-(g'*c)/(2*s^3))*c + 1/m*(-sum(g)/s)*vector(1)", "the last line"),
        ("= (g - sum(g)/m*vector(1) - (g'*xhat)/m*xhat)/s", "with $c = s*xhat$"),
        ranges={"s": (0.5, 2)},
        given={"xhat": "c/s"},
    )
    c.say(
        """So the gradient is divided by $s$, and loses two parts: its mean, and what it has along $xhat$. It must:
        neither adding the same number to a whole column nor stretching it changes anything after it, but for the little
        10⁻⁵, so the gradient can have nothing in these two directions. That is what normalization is for: a layer
        before it can no longer shift or stretch what comes after.

        *Layer normalization* (Jimmy Ba, Jamie Kiros and Geoffrey Hinton, Layer normalization, 2016) takes mean and
        variance over the features of one example instead: $n$ and $k$ change places, and no example depends on
        another. The closed form is the same, with rows for columns:"""
    )
    c.equations(layer, "index", defined=False, beside=True)
    random = np.random.default_rng(5)
    x, h = random.normal(2, 3, size=(6, 4)), random.normal(size=(6, 4))
    scale, shift = random.normal(size=4), random.normal(size=4)
    for gradient, axis, what in ((batch, 0, "Batch"), (layer, 1, "Layer")):
        _, slopes = gradient.compile()(x=x, gamma=scale, beta=shift, dh=h)
        closed, centred = closed_form(x, h * scale, axis)
        off, mean, along = (abs(one).max() for one in (
            closed - slopes["x"], slopes["x"].mean(axis), (slopes["x"] * centred).mean(axis)))  # fmt: skip
        c.check("{what} normalization: the closed form in NumPy is symnn's gradient, to {off:.0e}; its mean is 0 to "
                "{mean:.0e}, its part along $x̂$ to {along:.0e}, which is due to the 10⁻⁵.",
                off < 1e-14 and mean < 1e-15 and along < 1e-5, what=what, off=off, mean=mean, along=along)  # fmt: skip
    sizes = {"m": 3, "d": 2}
    return [("batch normalization", batch, sizes), ("layer normalization", layer, sizes)]


def closed_form(x: np.ndarray, g: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    s = np.sqrt(x.var(axis, keepdims=True) + 1e-5)
    centred = (x - x.mean(axis, keepdims=True)) / s
    mean, along = g.mean(axis, keepdims=True), (g * centred).mean(axis, keepdims=True)
    return (g - mean - along * centred) / s, centred


def unrolled(cell, steps: int) -> symnn.Program:
    """Return the equations of a cell for so many steps, with inputs x_1, x_2, …"""
    equations = unroll(cell, steps).equations(symnn.tensor("X", (steps, cell.inputs), "input"))
    return symnn.Program([one for one in equations if not one.left.base.name.startswith("x_")])


def recurrence(c: Chapter) -> Part:
    cell = RecurrentCell(*symnn.sizes("d r"))
    x = symnn.tensor("x", cell.inputs, "input")
    five = symnn.gradient(unrolled(cell, 5), of="h_5", wrt=["U", "W", "b"])
    c.heading("Recurrence: the same layer at every step in time")
    c.say(
        """A sentence has no fixed length. A *recurrent layer* reads it word by word and keeps what it has read in a
        state $h$, which goes back into it at the next step, with the same weights each time (Jeffrey Elman, Finding
        structure in time, 1990). Written out for five steps it is a network of five layers that share their
        weights; and backpropagation through it, *through time* (Paul Werbos, Backpropagation through time: what it
        does and how to do it, 1990), is what it is through any layers. A weight that was used in five steps
        collects from five steps: the sums over $t$ are no new rule."""
    )
    c.equations(five, beside=True)
    step = symnn.jacobian(symnn.Program(cell.equations(x)), "h", "h_0")
    c.say(
        """But look at the second line backward. Each step back in time multiplies by $U$, transposed, and by a
        slope of tanh, which is at most 1. From one state to the next the derivative is"""
    )
    c.equations(step, only=("Backward",), defined=False)
    c.say(
        """and from the first state to the last there are as many such factors as steps. If $U$ shortens every
        vector to the part $s$ < 1, then after {steps} steps at most the power {steps} of $s$ is left of a gradient:
        it *vanishes*, and what was long ago cannot be learned. If $U$ stretches, the gradient may *explode* (Yoshua
        Bengio, Patrice Simard and Paolo Frasconi, Learning long-term dependencies with gradient descent is
        difficult, 1994). Here are {units} units, with inputs so small that tanh is nearly straight, and for $U$ a
        rotation times 0.8, 1 and 1.2:""",
        steps=STEPS - 1, units=UNITS,
    )  # fmt: skip
    norms = {scale: through_time(c, step, scale) for scale in SCALES}
    c.picture("vanishing", norms_figure(norms), "How much of a small change of a state is left so many steps later: "
              "the largest factor, by the product of the Jacobians.", width=0.52)  # fmt: skip
    bounded = all(norm <= scale**n * (1 + 1e-12) for scale, found in norms.items() for n, norm in enumerate(found, 1))
    c.check("Over {steps} steps the factor becomes {low:.1e} with s = 0.8, {middle:.2f} with 1, and {high:.0f} with "
            "1.2; none is above its bound.", bounded,
            steps=STEPS - 1, low=norms[0.8][-1], middle=norms[1.0][-1], high=norms[1.2][-1])  # fmt: skip
    memory = LSTMCell(*symnn.sizes("d r"))
    kept = symnn.jacobian(symnn.Program(memory.equations(x)), "c", "c_0")
    c.say(
        """The *long short-term memory* (Sepp Hochreiter and Jürgen Schmidhuber, 1997; with the forget gate of Felix
        Gers and others, 2000) keeps a second state beside $h$, and never multiplies it by a matrix: the new one is
        $f.*c_0 + i.*g$, a part of the old one and a part of what is new. On that way one step back is"""
    )
    c.equations(kept, only=("Backward",), defined=False)
    c.say("a matrix without $U$. While the *forget gate* $f$ is near 1, the gradient stays what it is.")
    return "five steps in time", five, {"d": 2, "r": 3}


def through_time(c: Chapter, step: symnn.Gradient, scale: float) -> list[float]:
    """Return the largest factor by which a change of a state grows in 1, 2, … steps, by products of Jacobians."""
    random = np.random.default_rng(1)
    rotation = np.linalg.qr(random.normal(size=(UNITS, UNITS)))[0]
    weights = {"W": random.normal(size=(UNITS, 2)) * 1e-3, "U": scale * rotation, "b": np.zeros(UNITS)}
    inputs, slope = random.normal(size=(STEPS, 2)), step.compile()
    state, slopes = np.zeros(UNITS), []
    for x in inputs:
        slopes.append(slope(x=x, h_0=state, **weights)["h_0"])
        state = np.tanh(weights["W"] @ x + weights["U"] @ state)
    product, norms = np.eye(UNITS), []
    for one in reversed(slopes[1:]):
        product = product @ one
        norms.append(float(np.linalg.norm(product, 2)))
    if scale == 1:
        whole = symnn.gradient(unrolled(RecurrentCell(2, UNITS), STEPS), of=f"h_{STEPS}", wrt=["h_1"]).compile()
        upstream, named = random.normal(size=UNITS), {f"x_{t}": x for t, x in enumerate(inputs, 1)}
        _, found = whole(**weights, **named, **{f"dh_{STEPS}": upstream})
        c.check("The gradient through {steps} steps is the product of {steps} Jacobians, to {off:.0e}.",
                (off := abs(found["h_1"] - product.T @ upstream).max()) < 1e-12, steps=STEPS - 1, off=off)  # fmt: skip
    return norms


def norms_figure(norms: dict[float, list[float]]):
    with styled():
        figure = new_figure(6.2, 2.3)
        axes = figure.subplots()
        for (scale, found), colour, style in zip(norms.items(), (BLUE, GREY, ORANGE), ("-", "--", "-."), strict=True):
            axes.semilogy(range(1, STEPS), found, style, color=colour, linewidth=2)
            axes.annotate(f"s = {scale:g}", (STEPS - 1, found[-1]), (6, 0), textcoords="offset points", va="center",
                          color=colour, fontsize=12)  # fmt: skip
        axes.set_xlabel("steps in time")
        axes.set_ylabel("factor")
    return figure


def transformer(c: Chapter) -> Part:
    T, d, k, H, m = symnn.sizes("T d k H m")
    block = TransformerBlock((T, d), heads=H, keys=k, hidden=m, norm="before")
    program = symnn.Program(block.equations(symnn.tensor("X", (T, d), "input")))
    gradient = symnn.gradient(program, of="r_2", wrt=program.inputs)
    c.heading("All of it: a transformer block")
    c.say(
        """The models that write and translate are stacks of one block, dozens of times the same (Vaswani and others,
        2017; with the normalizations in front, as in Alec Radford and others, Language models are unsupervised
        multitask learners, 2019). Nearly all of it has been met here: layer normalization, several heads of attention,
        and two dense layers with a relu at every place. New are two sums: each part adds to what it was given, instead
        of replacing it (Kaiming He and others, Deep residual learning for image recognition, 2016). What that is good
        for is seen in the gradient: in it, too, there is a sum, and one of its terms is what came from above,
        unchanged. Through a hundred blocks there is a way on which no factor shrinks it.

        The page after this one has the whole block: {forward} lines forward, {backward} backward, {count} kinds of
        parameters. symnn derived it like everything else in this booklet; that it fits on one page is the point.""",
        forward=len(program), backward=len(gradient.program) - len(program), count=len(program.inputs) - 1,
    )  # fmt: skip
    c.one_page(
        "A transformer block and its gradient",
        """$X$ has a row for each of $T$ places, with $d$ numbers; each of $H$ heads has queries, keys and values of
        $k$ numbers; the inner layer has $m$ units. Quotients and powers of vectors are taken entry by entry.""",
        gradient,
    )
    return "the transformer block", gradient, {"T": 3, "d": 2, "k": 1, "H": 2, "m": 2}


def exercises(c: Chapter) -> Part:
    random = np.random.default_rng(19)
    with c.exercise() as solution:
        z, right = random.integers(-2, 3, 3).astype(float), 1
        c.say("A softmax has the inputs {z}, and the second class is right. Find its three outputs, the cost, and the "
              "derivative of the cost by each input. Why do these three add up to 0?", z=listed(z))  # fmt: skip
        solution()
        c.say("Exponentials, divided by their sum; then minus the target, which is 1 for the second class and 0 else:")
        target = np.eye(3)[right]
        net = symnn.mlp("3-3", activation="softmax", cost="cross_entropy")
        values = net.evaluate({"W1": np.eye(3), "b1": np.zeros(3)}, z, target)
        shares, slopes = values["a1"].ravel(), values["a1"].ravel() - target
        c.table(["", "1", "2", "3"], [["$z$", *(f"{one:.0f}" for one in z)], ["$a$", *(f"{one:.3f}" for one in shares)],
                                      ["$a - y$", *(f"{one:.3f}" for one in slopes)]])  # fmt: skip
        cost = float(values["C"])
        c.say("The cost is −log {share:.3f} = {cost:.3f}. The outputs add up to 1, and so do the targets: their "
              "difference adds up to 0.", share=shares[right], cost=cost)  # fmt: skip
        direct = np.log(np.exp(z).sum()) - z[right]
        c.check("Exercise 1: the cost is {cost:.3f}, by symnn and by a line of NumPy.", abs(direct - cost) < 1e-14,
                cost=cost)  # fmt: skip
    with c.exercise() as solution:
        x, w, errors = random.integers(-2, 4, 5), random.integers(1, 4, 2), random.integers(-2, 3, 4)
        c.say("The signal {x} meets the kernel {w}, without a bias. Find the four numbers $z$. Then the derivative of "
              "the cost by $z$ is found to be {errors}: find those by the kernel and by the signal.",
              x=listed(x), w=listed(w), errors=listed(errors))  # fmt: skip
        solution()
        c.say("The kernel is laid over the signal, δ is laid over the signal, and the kernel turned round over δ:")
        z = np.correlate(x, w)
        by_kernel, by_signal = np.correlate(x, errors), np.convolve(w, errors)
        rows = {"$z$": z, "$∂C/∂w$": by_kernel, "$∂C/∂x$": by_signal}
        c.table(["place", *map(str, range(5))], [[name, *padded(row, 5)] for name, row in rows.items()])
        nudged = [np.correlate(x + one, w) @ errors - z @ errors for one in np.eye(5)]
        c.check("Exercise 2: a number of the signal, moved by 1, changes the sum of all $δ_i$ $z_i$ by its derivative.",
                np.allclose(nudged, by_signal))  # fmt: skip
    with c.exercise() as solution:
        d = symnn.sizes("d")
        gradient = symnn.gradient(symnn.Program(RMSNorm(d).equations(symnn.tensor("x", d, "input"))), of="h",
                                  wrt=["gamma", "x"])  # fmt: skip
        c.say("A plainer normalization takes no mean away (Biao Zhang and Rico Sennrich, Root mean square layer "
              "normalization, 2019):")  # fmt: skip
        c.equations(gradient, "index", only=("Forward",), defined=False)
        c.say("Derive its gradient. Which of the two parts that a layer normalization takes away is still taken away?")
        solution()
        c.say("Backwards through the three lines:")
        c.equations(gradient, "index", only=("Backward",), defined=False)
        c.say("Only the part along $x$ is taken away: stretching $x$ changes nothing, shifting it does.")
    return "exercise 3", gradient, {"d": 4}


def listed(numbers) -> str:
    return ", ".join(f"{number:.0f}".replace("-", "−") for number in numbers)


if __name__ == "__main__":
    run(chapter)
