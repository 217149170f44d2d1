"""Cost: how wrong an answer is, as one number; two costs worked on a lion, and why they teach differently."""

import numpy as np

import symnn
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, GREY, ORANGE, new_figure, styled
from symnn.teaching.working import work

LION, ANSWER = [1, 0], [0.4, 0.6]
QUADRATIC, ENTROPY = "quadratic", "binary_cross_entropy"
START, LEARNING_RATE, EPOCHS = 2.0, 0.15, 300


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def quadratic(a, y):
    return ((a - y) ** 2).sum(axis=-1) / 2


def cross_entropy(a, y):
    return -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=-1)


def chapter() -> Chapter:
    c = Chapter(
        "Cost",
        "How wrong is an answer? One number for it, two ways to compute that number, and why the choice decides "
        "how fast a network learns.",
        shapes={"C": "m"},
    )
    supervised(c)
    lion(c)
    closer(c)
    average(c)
    gradients(c)
    why_they_differ(c)
    slow_start(c)
    likelihood(c)
    exercises(c)
    return c


def answering(answer, activation: str, cost: str):
    """A layer of two neurons that gives this answer, whatever it sees, and its parameters."""
    p = np.array(answer)
    biases = np.log(p) if activation == "softmax" else np.log(p / (1 - p))
    return symnn.mlp("1-2", activation=activation, cost=cost), {"W1": [[0], [0]], "b1": biases, "x": [0]}


def supervised(c: Chapter) -> None:
    c.heading("Learning with a teacher")
    c.say(
        """A network that was just created guesses (chapter 2). To make something of it we need examples with the right
        answers beside them: a *labelled* data set, such as photos of lions and ducks, each with the word lion or duck.
        Show the network a photo, compare what it says with the label, and change it a little for the better. This is
        *supervised learning*: learning from examples that somebody has already answered."""
    )
    c.say(
        """To compare, the label has to be numbers like the network's answer. With one output for the lion and one for
        the duck, a perfect answer to a photo of a lion is (1, 0), and to one of a duck (0, 1). These intended numbers
        are called $y_1$ and $y_2$. What the network says is $a_1$ and $a_2$. The *cost* $C$ is one number that says how
        far the two are apart: 0 where they are equal, and the larger, the worse the answer."""
    )


def lion(c: Chapter) -> None:
    c.heading("A lion, taken for a duck")
    c.say(
        """The photo shows a lion, so $y_1 = 1$ and $y_2 = 0$. The network answers $a_1 = {a[0]}$ for the lion and $a_2
        = {a[1]}$ for the duck. What does that cost? The plainest way is to take, for each output, the difference, to
        square it so that too much and too little count alike, and to halve the sum (the ½ will cancel later). This is
        the *quadratic* cost (the small (1) counts the layer, as in chapter 1):""",
        a=ANSWER,
    )
    costs = {}
    for cost in (QUADRATIC, ENTROPY):
        net, numbers = answering(ANSWER, "sigmoid", cost)
        working = work(net, {**numbers, "y": LION})
        costs[cost] = float(working.values["C"])
        if cost == ENTROPY:
            c.say(
                """The other way asks how much of its trust the network gave to the truth. It gave {a[0]} to “this is a
                lion”, which is right, and $1 - {a[1]}$ to “this is no duck”, which is right too. The *cross-entropy*
                adds up the logarithms of these shares, with a minus, for a logarithm of a share is negative. Where $y =
                1$ only $log(a)$ counts, where $y = 0$ only $log(1 - a)$:""",
                a=ANSWER,
            )  # fmt: skip
        c.working(working, 3, ["C"])
    net, numbers = answering(ANSWER, "softmax", "cross_entropy")
    working = work(net, {**numbers, "y": LION})
    c.say(
        """If the two numbers come from a softmax (here they could, as they add up to 1), they are shares of one trust,
        and only the share of the right answer counts:"""
    )
    c.working(working, 3, ["C"])
    a, y = np.array(ANSWER), np.array(LION)
    c.check("The quadratic cost of (0.4, 0.6) for a lion is {cost:.2f}, by hand too.",
            abs(costs[QUADRATIC] - ((0.4 - 1) ** 2 + 0.6**2) / 2) < 1e-15 and f"{costs[QUADRATIC]:.2f}" == "0.36",
            cost=costs[QUADRATIC])  # fmt: skip
    c.check("The cross-entropy is {both:.3f} for two sigmoids, twice the {one:.3f} of softmax, both by NumPy too.",
            abs(costs[ENTROPY] - cross_entropy(a, y)) < 1e-15 and abs(float(working.values["C"]) + np.log(0.4)) < 1e-15
            and abs(costs[ENTROPY] + 2 * np.log(0.4)) < 1e-14, both=costs[ENTROPY], one=-np.log(0.4))  # fmt: skip


def closer(c: Chapter) -> None:
    c.heading("Closer is cheaper")
    c.say(
        """Let one output go from 0 to 1, while the right answer is 1. Both costs fall all the way, and both are 0 at
        the right answer. But far away they differ: the quadratic cost of one output is never above ½, while the
        cross-entropy grows without end. To be quite certain, and wrong, is the one thing that it does not forgive."""
    )
    c.picture("costs", cost_curves(), "What one output costs, when the right answer is 1.", width=0.6)
    places = np.linspace(0.001, 0.999, 999)[:, None]
    falling = all((np.diff(cost(places, 1.0)) < 0).all() for cost in (quadratic, cross_entropy))
    c.hold("1/2*(a + h - 1)^2 < 1/2*(a - 1)^2", {"a": (0, 0.5), "h": (0, 0.5)})
    c.hold("-log(a + h) < -log(a)", {"a": (0, 0.5), "h": (0, 0.5)})
    c.check("A step towards the right answer makes both costs smaller: at 999 places between 0 and 1, and to 50 digits "
            "at 20 random ones.", falling)  # fmt: skip


def cost_curves():
    a = np.linspace(0.005, 1, 400)
    with styled():
        figure = new_figure(6.0, 2.3)
        axes = figure.subplots()
        axes.plot(a, -np.log(a), color=BLUE, linewidth=2, label="cross-entropy")
        axes.plot(a, (a - 1) ** 2 / 2, color=ORANGE, linewidth=2, label="quadratic")
        axes.set_xlabel("output a")
        axes.set_ylabel("cost")
        axes.set_ylim(0, 4)
        axes.legend()
    return figure


def average(c: Chapter) -> None:
    c.heading("The cost of a whole data set")
    c.say(
        """A network that is right about one photo need not be right about the next. So its cost is the average over all
        the $m$ examples of the data set, with $C_n$ for the cost of example number $n$:"""
    )
    c.display("C = 1/m*sum(C[n], n)")
    photos = [("lion", [1, 0], ANSWER), ("lion", [1, 0], [0.9, 0.2]), ("duck", [0, 1], [0.3, 0.8]),
              ("duck", [0, 1], [0.1, 0.6])]  # fmt: skip
    labels, answers = (np.array([photo[place] for photo in photos], float) for place in (1, 2))
    rows = [
        [animal, *(f"{number:g}" for number in (*label, *answer)),
         *(f"{cost(np.array(answer), np.array(label)):.3f}" for cost in (quadratic, cross_entropy))]
        for animal, label, answer in photos
    ]  # fmt: skip
    means = [cost(answers, labels).mean() for cost in (quadratic, cross_entropy)]
    rows.append(["average", "", "", "", "", *(f"{mean:.3f}" for mean in means)])
    c.table(["photo of a", "$y_1$", "$y_2$", "$a_1$", "$a_2$", "quadratic", "cross-entropy"], rows)
    odds = np.log(answers / (1 - answers))
    found = [
        float(symnn.mlp("2-2", cost=cost).evaluate({"W1": np.eye(2), "b1": np.zeros(2)}, odds, labels)["C"])
        for cost in (QUADRATIC, ENTROPY)
    ]
    c.check("symnn's cost of the four photos at once is the average of the four costs: {mean[0]:.3f} and "
            "{mean[1]:.3f}.", np.allclose(found, means, rtol=1e-14, atol=0), mean=found)  # fmt: skip


def gradients(c: Chapter) -> None:
    c.heading("How much does it help to turn the knob?")
    c.note(
        "What a gradient is",
        """Turn one number of the network by a little, and see how much the cost changes. The change of the cost,
        divided by that little, is the *slope* of the cost for this number (chapter 1 has a box on slopes). All such
        slopes together are called the *gradient*. It says, for every number, how much the cost would change per small
        change. Where one thing moves the next, slopes are multiplied: if $z$ moves $a$ three times as much, and $a$
        moves $C$ twice as much, then $z$ moves $C$ six times as much. That is the *chain rule*.""",
    )
    c.say(
        """The knob that matters is the sum $z$ of an output neuron, because all its weights and its bias act through
        it. The slope of the cost for $z$ has a name of its own, δ, and is called the neuron's *error*. Here it is for
        the lion. First the quadratic cost:"""
    )
    deltas, slopes = {}, {}
    for cost in (QUADRATIC, ENTROPY):
        if cost == ENTROPY:
            c.say("Then the cross-entropy, for the same answer:")
        net, numbers = answering(ANSWER, "sigmoid", cost)
        working = work(net, {**numbers, "y": LION}, gradient=True)
        c.working(working, 3, ["delta1"])
        deltas[cost] = np.asarray(working.values["delta1"], float)
        slopes[cost] = measured(quadratic if cost == QUADRATIC else cross_entropy, numbers["b1"], np.array(LION))
    c.say(
        """The signs say the same: raise the sum of the lion, for its δ is negative and the cost falls when $z$ grows,
        and lower that of the duck. But the cross-entropy says it {times:.1f} times as loud. For softmax with its
        cross-entropy the numbers are the same ones, −0.6 and 0.6.""",
        times=deltas[ENTROPY][0] / deltas[QUADRATIC][0],
    )  # fmt: skip
    net, numbers = answering(ANSWER, "softmax", "cross_entropy")
    softmax_delta = np.asarray(work(net, {**numbers, "y": LION}, gradient=True).values["delta1"], float)
    worst = max(np.abs(deltas[cost] - slopes[cost]).max() for cost in deltas)
    c.check("δ is {q:.3f} for the quadratic cost and {e:.1f} for the cross-entropy; small changes of $z$, measured, "
            "give the same to {worst:.0e}.", worst < 1e-8 and abs(deltas[QUADRATIC][0] + 0.144) < 1e-12,
            q=deltas[QUADRATIC][0], e=deltas[ENTROPY][0], worst=worst)  # fmt: skip
    c.check("Softmax with cross-entropy gives {d[0]:.1f} and {d[1]:.1f}.",
            np.abs(softmax_delta - (-0.6, 0.6)).max() < 1e-12, d=softmax_delta)  # fmt: skip


def measured(cost, z, y, h=1e-5):
    """The slopes of a cost, by moving each sum a little to both sides."""
    steps = h * np.eye(len(z))
    return np.array([(cost(sigmoid(z + step), y) - cost(sigmoid(z - step), y)) / (2 * h) for step in steps])


def why_they_differ(c: Chapter) -> None:
    c.heading("Why they differ")
    c.say(
        """By the chain rule δ is a product of two slopes: how the cost moves with $a$, times how $a$ moves with $z$.
        The second is the slope of the sigmoid, which by chapter 1 is $a*(1 - a)$, the same for both costs. For the
        first, symnn gives, with the rules that it used and $f$ for the cost, first of the quadratic cost, then of the
        cross-entropy:"""
    )
    forms = {QUADRATIC: "1/2*(a - y)^2", ENTROPY: "-(y*log(a) + (1 - y)*log(1 - a))"}
    slopes = {cost: symnn.diff(form, wrt="a", shapes={"a": (), "y": ()}) for cost, form in forms.items()}
    for slope in slopes.values():
        c.derivation(slope.steps("a", detail=2))
    c.say("Now multiply by the slope of the sigmoid. With the quadratic cost both factors stay:")
    c.display("δ = (a - y)*a*(1 - a)")
    c.say("With the cross-entropy, the sigmoid's slope meets its own factors below the fraction bars, and cancels:")
    c.chain(
        "((1 - y)/(1 - a) - y/a)*a*(1 - a) = (1 - y)*a - y*(1 - a)",
        ("= a - y", "a y is there twice, with both signs"),
        ranges={"a": (0.01, 0.99)},
    )
    c.say(
        """What is left could not be simpler: the error of an output is what it said, minus what it should have said.
        The same comes out for all outputs of a layer at once. Here is how symnn derives that, for a layer of any size,
        with the rule of every line; who has not met derivatives of sums may pass it by."""
    )
    gradients = {
        (activation, cost): symnn.mlp("n0-n1", activation=activation, cost=cost).gradient()
        for activation, cost in (("sigmoid", QUADRATIC), ("sigmoid", ENTROPY), ("softmax", "cross_entropy"))
    }
    c.derivation(gradients["sigmoid", ENTROPY].steps("b1", detail=2), "z1", reasons=False)
    c.say(
        """So a sigmoid and the cross-entropy suit each other. A softmax and its cross-entropy do so too, if the labels
        of an example add up to 1. The three pairs of this chapter, as symnn derives them:"""
    )
    rows = []
    for (activation, cost), gradient in gradients.items():
        named = "cross-entropy" if "cross" in cost else cost
        rows.append([activation, named, c.maths(gradient.program["delta1"], gradient.program)])
        c.audit(gradient, f"The gradient of {activation} with {named}, for a layer of any size")
    c.table(["output", "cost", "error of output $j$"], rows)
    c.command("symnn derive n0-n1 --activation softmax --cost cross_entropy")
    c.say(
        """The difference is largest where the network is most wrong. Let the right answer be 0. The picture shows δ
        against the sum $z$. On the right the answer is close to 1 and could hardly be more wrong. There the
        cross-entropy pushes with full force, δ close to 1, while the quadratic cost hardly pushes at all, because there
        the sigmoid is flat and its slope is a factor."""
    )
    c.picture("errors", error_curves(), "The error δ of an output against its sum, when the right answer is 0.",
              width=0.6)  # fmt: skip
    c.say("In fact the quadratic cost never pushes with more than 4/27, which is about 0.15:")
    c.chain(
        ("4/27 - a^2*(1 - a) = (a - 2/3)^2*(a + 1/3)", "multiply out to see it"),
        ("≥ 0", "a square, times something positive"),
        ranges={"a": (0, 1)},
    )
    far = sigmoid(20.0)
    c.check("At z = 20, with 0 for the right answer, the quadratic δ is {q:.0e} and the other {e:.6f}.",
            far * far * sigmoid(-20.0) < 1e-8 and far > 1 - 1e-8, q=far * far * sigmoid(-20.0), e=far)  # fmt: skip


def error_curves():
    z = np.linspace(-8, 8, 400)
    a = sigmoid(z)
    with styled():
        figure = new_figure(6.0, 3.0)
        axes = figure.subplots()
        axes.plot(z, a, color=BLUE, linewidth=2, label="cross-entropy: a")
        axes.plot(z, a * a * (1 - a), color=ORANGE, linewidth=2, label="quadratic: a²(1 − a)")
        axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_xlabel("sum z")
        axes.set_ylabel("error δ")
        axes.legend(loc="upper left")
    return figure


def slow_start(c: Chapter) -> None:
    c.heading("A neuron that is stuck")
    runs = {cost: lesson(cost) for cost in (QUADRATIC, ENTROPY)}
    first = runs[QUADRATIC][0]
    c.say(
        """See it happen. One neuron with one input, 1, is to learn to answer 0. It starts with the weight {start:g} and
        the bias {start:g}, so that it says {a:.2f}: as wrong as can be. In every round both numbers are changed by
        {rate} times their slope, downwards (chapter 4 is about such steps). Michael Nielsen made this experiment famous
        (Neural Networks and Deep Learning, 2015, chapter 3).""",
        start=START, a=first, rate=LEARNING_RATE,
    )  # fmt: skip
    c.picture("stuck", lesson_curves(runs), "What the neuron says, round after round; it should be 0.", width=0.6)
    halfway = {cost: int(np.argmax(answers < 0.5)) for cost, answers in runs.items()}
    c.say(
        """With the quadratic cost the neuron hardly moves: after a hundred rounds it still says {late:.2f}, because its
        error is about {a:.2f}² times {little:.2f}, which is next to nothing. It takes {slow} rounds until it says less
        than ½. With the cross-entropy it starts to learn at once, and takes {fast}. A great mistake is mended fast, as
        it should be. That networks learn faster with this cost has been known since the 1980s (Solla, Levin and
        Fleisher, Accelerated learning in layered neural networks, 1988).""",
        late=runs[QUADRATIC][100], a=first, little=1 - first, slow=halfway[QUADRATIC], fast=halfway[ENTROPY],
    )  # fmt: skip
    by_hand = {cost: lesson_by_hand(cost) for cost in runs}
    gap = max(np.abs(by_hand[cost] - runs[cost]).max() for cost in runs)
    c.check("Both lessons, {epochs} rounds by symnn's compiled gradient, agree with NumPy written here to {gap:.0e}; "
            "{slow} rounds to ½ against {fast}.", gap < 1e-12 and halfway[QUADRATIC] > 10 * halfway[ENTROPY] > 0,
            epochs=EPOCHS, gap=gap, slow=halfway[QUADRATIC], fast=halfway[ENTROPY])  # fmt: skip


def lesson(cost: str) -> np.ndarray:
    """What one neuron says after each round of gradient descent, by the gradient that symnn compiled."""
    net = symnn.mlp("1-1", cost=cost)
    gradient = net.gradient().compile()
    parameters, answers = {"W1": np.array([[START]]), "b1": np.array([START])}, []
    for _ in range(EPOCHS + 1):
        answers.append(net.evaluate(parameters, [1.0])["a1"].item())
        _, slopes = gradient(parameters, [[1.0]], [[0.0]])
        parameters = {name: value - LEARNING_RATE * slopes[name] for name, value in parameters.items()}
    return np.array(answers)


def lesson_by_hand(cost: str) -> np.ndarray:
    weight, bias, answers = START, START, []
    for _ in range(EPOCHS + 1):
        a = sigmoid(weight + bias)
        answers.append(a)
        delta = a * a * (1 - a) if cost == QUADRATIC else a
        weight, bias = weight - LEARNING_RATE * delta, bias - LEARNING_RATE * delta
    return np.array(answers)


def lesson_curves(runs):
    with styled():
        figure = new_figure(6.0, 3.0)
        axes = figure.subplots()
        for cost, colour in ((ENTROPY, BLUE), (QUADRATIC, ORANGE)):
            axes.plot(runs[cost], color=colour, linewidth=2,
                      label="cross-entropy" if cost == ENTROPY else "quadratic")  # fmt: skip
        axes.set_xlabel("round")
        axes.set_ylabel("answer a")
        axes.set_ylim(0, 1.03)
        axes.legend()
    return figure


def likelihood(c: Chapter) -> None:
    c.heading("Where the cross-entropy comes from")
    c.say(
        """Take the network at its word: $a$ is the probability of “yes”, and $1 - a$ that of “no”. The probability that
        it gives to the label is then $a$ where $y = 1$, and $1 - a$ where $y = 0$; in one formula it is the product of
        $a^y$ and $(1 - a)^(1 - y)$. Take the logarithm, and change the sign:"""
    )
    c.chain(
        "-log(a^y*(1 - a)^(1 - y)) = -(y*log(a) + (1 - y)*log(1 - a))",
        ranges={"a": (0.01, 0.99)},
    )
    c.say(
        """That is the cross-entropy. The probability of all labels together is the product of such probabilities, and
        the logarithm turns the product into a sum, the one over the data set. So the lowest cost belongs to the network
        that finds the labels *most likely*; this is called maximum likelihood (C. M. Bishop, Pattern Recognition and
        Machine Learning, 2006, section 4.3). It is also why such a network keeps its word, as chapter 2 saw: the only
        way to be cheap in the long run is to say 80 % where 80 in a hundred come true."""
    )
    c.check("The cross-entropy is minus the logarithm of the label's probability, at 20 random places, to 50 digits.",
            True)  # fmt: skip
    shares = np.linspace(0.01, 0.99, 99)
    expected = -(0.8 * np.log(shares) + 0.2 * np.log(1 - shares))
    c.check("Where 80 in a hundred come true, the cheapest of the answers 0.01, 0.02, … 0.99 is {best:.2f}.",
            abs(shares[expected.argmin()] - 0.8) < 1e-9, best=shares[expected.argmin()])  # fmt: skip


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(3)
    answer = random.integers(1, 10, 2) / 10
    with c.exercise() as solution:
        c.say("The photo shows a duck, and the network says {a[0]} for the lion and {a[1]} for the duck. How much are "
              "both costs, and the errors δ with the cross-entropy?", a=answer)  # fmt: skip
        solution()
        for cost in (QUADRATIC, ENTROPY):
            net, numbers = answering(answer, "sigmoid", cost)
            working = work(net, {**numbers, "y": [0, 1]}, gradient=True)
            c.working(working, 3, ["C"] if cost == QUADRATIC else ["C", "delta1"])
        y = np.array([0, 1])
        c.check("Exercise 1: {q:.3f} and {e:.3f}.", abs(float(working.values["C"]) - cross_entropy(answer, y)) < 1e-12,
                q=quadratic(answer, y), e=cross_entropy(answer, y))  # fmt: skip
    with c.exercise() as solution:
        c.say("A softmax of ten outputs knows nothing, and gives each of them 1/10. What is its cross-entropy? What, "
              "for $n$ outputs?")  # fmt: skip
        solution()
        net = symnn.mlp("1-10", activation="softmax", cost="cross_entropy")
        cost = float(net.evaluate({"W1": np.zeros((10, 1)), "b1": np.zeros(10)}, [0.0], np.eye(10)[3])["C"])
        c.say("The right answer gets the share 1/10, whichever it is, so the cost is $-log(1/10) = {cost:.3f}$. For "
              "$n$ outputs it is $-log(1/n) = log(n)$. A network that was just created should cost about that much.",
              cost=cost)  # fmt: skip
        c.check("Exercise 2: {cost:.3f}, the logarithm of 10.", abs(cost - np.log(10)) < 1e-14, cost=cost)
    with c.exercise() as solution:
        c.say("Some networks are to answer with any number at all, such as a price. Their output neurons do not "
              "squash: $a = z$. Which cost has the error $a - y$ there?")  # fmt: skip
        solution()
        gradient = symnn.mlp("n0-n1", activation="identity", cost=QUADRATIC).gradient()
        c.say("The quadratic one: the slope of $a$ for $z$ is 1, so that there is nothing to cancel.")
        c.equations(gradient, only=("Backward",), defined=False)
        c.audit(gradient, "Exercise 3, no squashing and the quadratic cost")


if __name__ == "__main__":
    run(chapter)
