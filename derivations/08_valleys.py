"""Local minima: a cost with two valleys, many random starts, and what these can promise."""

import itertools
import math
from dataclasses import dataclass

import mpmath
import numpy as np

import symnn
from symnn.proof import evaluate
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, GREEN, GREY, ORANGE, new_figure, styled

COST = "sum((sigmoid(w*x) - y).^2)/(2*m)"
COST_AT_MANY = "sum((sigmoid(w*x') - vector(1)*y').^2)/(2*m)"
CROSS_ENTROPY = "sum(softplus(w*x) - y.*(w*x))/m"
CROSS_ENTROPY_AT_MANY = "sum(softplus(w*x') - (vector(1)*y').*(w*x'))/m"
GRID = np.linspace(-8, 8, 321)
SETS = 2000

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
BALL = -5.0
PENALTY, STARTS = 0.001, 40
WIDTHS, TRIED, EPOCHS, GOOD = (2, 3, 4, 6, 8), 200, 250, 1e-3


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def chapter() -> Chapter:
    c = Chapter(
        "Local minima",
        "A ball that rolls downhill stops in the first valley. Which valleys a cost has, which of them a random start "
        "finds, and what many random starts can promise.",
        shapes={"x": "m", "y": "m"},
        notation=symnn.Notation(names={"f": "C"}),
    )
    found = search()
    hill, places = most_visible(found)
    two_valleys(c, found, hill, places)
    watershed(c, hill)
    many_starts(c)
    the_best(c)
    share = by_width(c)
    how_many(c, share)
    what_is_certain(c, found)
    exercises(c, hill)
    return c


# A cost with two valleys


@dataclass(frozen=True)
class Hill:
    """Examples on which the cost of one neuron has two valleys, and a watershed between them."""

    x: np.ndarray
    y: np.ndarray
    left: float
    watershed: float
    right: float

    def cost(self, w):
        """Return the cost at one weight, or at many, by NumPy alone."""
        return np.mean((sigmoid(np.multiply.outer(w, self.x)) - self.y) ** 2, axis=-1) / 2

    @property
    def best_is_left(self) -> bool:
        return self.cost(self.left) < self.cost(self.right)

    @property
    def seen(self) -> float:
        """How well the valleys can be seen: the least of the barrier, the difference in depth, and the outer walls."""
        first, left, top, right, last = self.cost(np.array([GRID[0], self.left, self.watershed, self.right, GRID[-1]]))
        return min(top - max(left, right), abs(left - right), first - left, last - right)

    def share(self, deviation: float) -> float:
        """Return the share of starts, normal with mean 0, from which a ball rolls into the deeper valley."""
        below = (1 + math.erf(self.watershed / deviation / math.sqrt(2))) / 2
        return below if self.best_is_left else 1 - below


def level_places(slope):
    """Return where a slope changes its sign, on a line between the places of the grid."""
    before = np.flatnonzero((slope[:-1] < 0) != (slope[1:] < 0))
    return GRID[before] - slope[before] * (GRID[1] - GRID[0]) / (slope[before + 1] - slope[before])


def search(seed=8) -> list[Hill]:
    """Draw random sets of three examples; return those on which the cost has two valleys."""
    random, found = np.random.default_rng(seed), []
    for _ in range(SETS):
        x = random.integers(1, 11, 3) * random.choice([-1, 1], 3) / 2
        y = random.integers(1, 10, 3) / 10
        level = level_places(SLOPE(w=GRID, x=x, y=y)[1]["w"])
        if len(level) == 3:
            found.append(Hill(x, y, *level))
    return found


def most_visible(found: list[Hill]):
    """Return the hill with its higher valley on the left that is seen best, and its level places in 50 digits."""
    hill = max((one for one in found if not one.best_is_left), key=lambda one: one.seen)
    with mpmath.workdps(50):
        places = [
            mpmath.findroot(lambda w: derivatives(hill, w)[1], place, tol=1e-90)
            for place in (hill.left, hill.watershed, hill.right)
        ]
    return Hill(hill.x, hill.y, *map(float, places)), places


AT_MANY = {"w": "R", "x": "m", "y": "m"}
SLOPE = symnn.diff(COST_AT_MANY, wrt="w", shapes=AT_MANY).compile()
SECOND = symnn.diff(COST, wrt="w", shapes={"w": (), "x": "m", "y": "m"}, kind="hessian")


def derivatives(hill: Hill, w):
    """Return the cost, its slope and its second derivative, from symnn's equations, to 50 digits."""
    values = evaluate(SECOND.program, {"w": w, "x": hill.x, "y": hill.y}, "mpmath", 50)
    return [values[name].item() for name in ("f", "dw", SECOND.gradients["w", "w"])]


def slope_by_hand(hill: Hill, w):
    total = mpmath.mpf(0)
    for x, y in zip(hill.x, hill.y, strict=True):
        a = 1 / (1 + mpmath.exp(-w * x))
        total += (a - y) * a * (1 - a) * x
    return total / len(hill.x)


def two_valleys(c: Chapter, found: list[Hill], hill: Hill, places) -> None:
    c.heading("A cost with two valleys")
    c.say(
        """One neuron with one weight $w$ and no bias learns from $m$ examples. Its cost is the quadratic one of
        chapter 3, and symnn derives its slope:"""
    )
    slope = symnn.diff(COST, wrt="w", shapes={"w": (), "x": "m", "y": "m"})
    c.equations(slope, notation=c.notation)
    c.audit(slope, "The slope of the cost of one neuron")
    c.say(
        """Can such a small thing have two valleys, as the essay's graph has? We look, instead of drawing one. Three
        examples are drawn at random, inputs between −5 and 5 and targets between 0.1 and 0.9, and the signs of the
        slope are counted on a fine grid of weights: down, up, down, up is two valleys. Of {sets} such sets {count}
        have two. Here is the one, of those with the higher valley on the left, whose valleys can be seen best. The
        examples are""",
        sets=SETS, count=len(found),
    )  # fmt: skip
    c.table(["example", "1", "2", "3"], [["$x$", *map(str, hill.x)], ["$y$", *map(str, hill.y)]])
    c.picture("valleys", valleys_drawn(hill), "The cost of one neuron on three examples, against its only weight, and "
              "three balls that roll down.", width=0.6)  # fmt: skip
    c.say(
        """In the two valleys, and on the watershed between them, the slope is 0. There the equation that symnn
        derived for the slope is solved to 50 digits. The second derivative tells the valleys from the watershed:
        positive where the curve bends upwards, negative where it bends downwards."""
    )
    c.equations(SECOND, only=["Hessian"], defined=False, notation=c.notation)
    with mpmath.workdps(50):
        rows, slopes, curved, distance = [], [], [], []
        for name, w in zip(("left", "watershed", "right"), places, strict=True):
            cost, slope, second = derivatives(hill, w)
            rows.append([name, *(mpmath.nstr(value, 8) for value in (w, cost, second))])
            by_hand = mpmath.findroot(lambda v: slope_by_hand(hill, v), w + mpmath.mpf("1e-3"))
            slopes.append(abs(slope)), curved.append(second), distance.append(abs(by_hand - w))
        c.table(["", "$w$", "$C$", "second derivative"], rows)
    c.check("In both valleys and on the watershed the slope is 0 to {worst}, in 50 digits; a slope written out by "
            "hand is 0 at the same places, to 45 digits; the second derivative is positive in the valleys, negative "
            "on the watershed.",
            max(slopes) < mpmath.mpf("1e-45") and max(distance) < mpmath.mpf("1e-45")
            and curved[0] > 0 > curved[1] and curved[2] > 0, worst=c.maths(mpmath.nstr(max(slopes), 1)))  # fmt: skip
    c.say(
        """Nothing was wrong with the data, nor with the neuron. It is the *cost* that makes two valleys here. That
        a single neuron can have them, and with many inputs exponentially many, was shown by P. Auer, M. Herbster
        and M. Warmuth, Exponentially many local minima for single neurons, 1996. With the cross-entropy of chapter
        3 the very same neuron has one valley alone, for its second derivative is a sum of squares times a slope of
        the sigmoid, and none of these is ever negative:"""
    )
    entropy = symnn.diff(CROSS_ENTROPY, wrt="w", shapes={"w": (), "x": "m", "y": "m"}, kind="hessian")
    c.equations(entropy, notation=c.notation)
    slope = symnn.diff(CROSS_ENTROPY_AT_MANY, wrt="w", shapes=AT_MANY).compile()
    counts = [len(level_places(slope(w=GRID, x=one.x, y=one.y)[1]["w"])) for one in found]
    c.check("With the cross-entropy the slope changes its sign once, on each of the {count} sets.",
            counts == [1] * len(found), count=len(found))  # fmt: skip
    c.say("A layer of hidden neurons brings the valleys back, with the cross-entropy too, as we shall see.")


def valleys_drawn(hill: Hill):
    with styled():
        figure = new_figure(6.6, 3.6)
        axes = figure.subplots()
        w = np.linspace(-6, 0.35, 500)
        axes.plot(w, hill.cost(w), color=GREY, linewidth=2)
        starts = np.array([BALL, -1.0, 0.12])
        for path, color in zip(roll(hill, starts, 4000).T, (ORANGE, ORANGE, BLUE), strict=True):
            axes.plot(path, hill.cost(path), "o", color=color, markersize=3)
            axes.plot(path[0], hill.cost(path[0]), "o", color=color, markersize=10)
        bottom, top = hill.cost(hill.right), hill.cost(hill.watershed)
        for place, said in ((hill.left, "higher valley"), (hill.right, "deeper valley")):
            axes.plot([place, place], [bottom * 0.95, hill.cost(place)], color=GREY, linewidth=0.8, linestyle=":")
            axes.text(place, bottom * 0.94, said, ha="center", va="top", fontsize=11)
        axes.text(hill.watershed, top * 1.02, "watershed", ha="center", va="bottom", fontsize=11)
        axes.set_ylim(bottom * 0.9, top * 1.25)
        axes.set_xlabel("w")
        axes.set_ylabel("C")
    return figure


# Where a ball ends


def step_size(hill: Hill) -> float:
    """Return a learning rate so small that no ball overtakes another: below 1 over the largest second derivative."""
    compiled = SECOND.compile()
    return 0.9 / max(compiled(w=w, x=hill.x, y=hill.y)["w", "w"] for w in GRID)


def roll(hill: Hill, w: np.ndarray, steps: int) -> np.ndarray:
    """Return the paths of balls, (steps + 1, balls)."""
    rate, path = step_size(hill), [w]
    for _ in range(steps):
        path.append(path[-1] - rate * SLOPE(w=path[-1], x=hill.x, y=hill.y)[1]["w"])
    return np.array(path)


def went_right(hill: Hill, starts: np.ndarray, steps: int = 3000) -> np.ndarray:
    ends = roll(hill, starts, steps)[-1]
    return abs(ends - hill.right) < abs(ends - hill.left)


def watershed(c: Chapter, hill: Hill) -> None:
    c.heading("Where the ball ends")
    rate = step_size(hill)
    c.say(
        """A ball that starts on the left rolls into the higher valley, and stays there: the slope is 0, and no step
        leads out. Which starts are lost? In one step the ball goes from $w$ to $w - η*s$, where $s$ is the slope at
        $w$. As long as η is smaller than 1 over the largest second derivative, here η = {rate:.2f}, this keeps
        balls in their order: two of them that are $d$ apart are (1 − η times a second derivative between them)
        times $d$ apart after the step, and that is positive. None overtakes another. A ball on the watershed does
        not move. So none crosses it, and the watershed alone decides. We measure it: 64 balls start between the
        valleys, then 64 between the last that went left and the first that went right, and so on.""",
        rate=rate,
    )
    low, high = hill.left, hill.right
    for _ in range(4):
        starts = np.linspace(low, high, 64)
        right = went_right(hill, starts)
        first = int(np.argmax(right))
        assert 0 < first == 64 - right.sum()
        low, high = starts[first - 1], starts[first]
    top = hill.watershed
    c.check("Balls part at {measured:.5f}, where the slope is 0: the two agree to {error:.0e}.",
            low <= top + 1e-6 and top <= high + 1e-6 and high - low < 1e-5,
            measured=(low + high) / 2, error=abs((low + high) / 2 - top))  # fmt: skip
    starts = np.random.default_rng(0).normal(size=1000)
    share, exact = went_right(hill, starts).mean(), hill.share(1)
    c.say(
        """If the first weight is drawn from a normal distribution of mean 0 and variance 1, the share $p$ of good
        starts is the share of that distribution to the right of the watershed, which tables have: {exact:.3f}. Of
        1000 balls that were rolled, {rolled} came into the deeper valley. For a network with many weights no table
        says what $p$ is. But it can be measured in the same way: by starting.""",
        exact=exact, rolled=round(1000 * share),
    )  # fmt: skip
    c.check("Of 1000 random starts a share of {share:.3f} reaches the deeper valley; the normal distribution says "
            "{exact:.3f}.", abs(share - exact) < 3 * math.sqrt(exact * (1 - exact) / 1000),
            share=share, exact=exact)  # fmt: skip


# A whole network


class EqualDense(symnn.Dense):
    """A dense layer whose neurons all start with the same weights."""

    def initial_parameters(self, shapes, generator, method):
        return {"W": np.full(shapes["W"], 0.5), "b": np.full(shapes["b"], -0.2)}


def xor_network(layer=symnn.Dense, penalty=PENALTY):
    return symnn.Network([layer(2, 2, "tanh"), layer(2, 1, "sigmoid")], cost="binary_cross_entropy", l2=penalty)


def rolled_down(network, seed=0):
    return symnn.train(network, *XOR, optimizer=symnn.LBFGS(tolerance=1e-9), epochs=500, seed=seed)


def many_starts(c: Chapter) -> None:
    c.heading("A whole network, many starts")
    c.say(
        """The smallest problem that needs hidden neurons is *exclusive or*: of two inputs, 0 or 1, exactly one
        shall be 1. A network 2-2-1, tanh in its hidden layer and sigmoid at its end, learns it from cross-entropy,
        with a small penalty, λ/2 times the sum of the squares of its weights, λ = {penalty}, which keeps the
        valleys from running off to infinity. It has 9 parameters, and its cost is a landscape in 9 dimensions. No
        one can draw that. But one can start in many places, roll down, and look where one is.""",
        penalty=PENALTY,
    )
    network = xor_network()
    fits = [rolled_down(network, seed) for seed in range(STARTS)]
    certificates = [fit.certify() for fit in fits]
    costs = np.array([fit.cost for fit in fits])
    levels = sorted(set(costs.round(5)))
    c.say(
        """{starts} starts, of the seeds 0 to {last}, are rolled down, each until no entry of its gradient is larger
        than a billionth (by L-BFGS, which needs far fewer steps than plain gradient descent). They end at {levels}
        different costs, and nowhere between:""",
        starts=STARTS, last=STARTS - 1, levels=len(levels),
    )  # fmt: skip
    c.picture(
        "histogram", histogram(costs), f"Where {STARTS} random starts of a 2-2-1 network came to rest.", width=0.62
    )
    c.say(
        """Is each of these a valley? That the slope is 0 is not enough: it is 0 on a pass as well. The *Hessian*
        decides, the matrix of all second derivatives. Its eigenvalues say how the cost bends in directions that are
        at right angles to each other. All positive: up in every direction, a *minimum*. One negative: down
        somewhere, a *saddle*. One of them 0: to second order the cost is flat there, and more cannot be said so.
        symnn's certificate, fit.certify(), computes them all, with bounds on their errors:"""
    )
    rows = []
    for level in levels:
        here = [one for one, cost in zip(certificates, costs, strict=True) if round(cost, 5) == level]
        rows.append(described(f"{level:.5f}", len(here), here))
    saddle = rolled_down(xor_network(EqualDense))
    passed = saddle.certify()
    rows.append(described(f"{saddle.cost:.5f}", "1, equal", [passed]))
    c.table(["cost", "starts", "verdict", "smallest eigenvalue", "flat directions", "gradient"], rows)
    lower = [one for one in certificates if one.cost < levels[-1] - 1e-5]
    c.check("The {count} starts that end at the two lower costs are at minima: the smallest eigenvalue is at least "
            "{margin:.0e} times as large as what counts as 0.", all(one.verdict == "minimum" for one in lower),
            count=len(lower), margin=min(one.margin for one in lower))  # fmt: skip
    flat = [fit for fit in fits if fit.cost > levels[-1] - 1e-5]
    dead = max(np.abs(fit.parameters["W1"]).min(axis=0).max() for fit in flat)
    c.check("Where the certificate counts one flat direction, a hidden neuron has no weights left (the largest is "
            "{dead:.0e}): nothing hears its bias.", dead < 1e-6, dead=dead)  # fmt: skip
    hessian_checked(c, network, fits[0])
    c.say(
        """The last row is no random start. In it both hidden neurons began with the same weights, {equal}. Equal
        neurons have equal gradients, so they stay equal for ever, and the network learns no more than one with a
        single hidden neuron. It comes to rest on a saddle: the cost falls in a direction that parts the two, and no
        step goes there. That is why first weights are *random*: to tell the neurons apart.""",
        equal=0.5,
    )
    c.check("From equal neurons the descent ends with equal neurons, on a saddle: an eigenvalue is {smallest:.1e}.",
            passed.verdict == "saddle" and not np.ptp(saddle.parameters["W1"], axis=0).any(),
            smallest=passed.smallest)  # fmt: skip
    copies(c, network, fits, costs, levels)


def described(cost, count, here):
    smallest = min(one.smallest for one in here)
    smallest = 0 if abs(smallest) < 1e-12 else smallest
    verdict = here[0].verdict
    assert all(one.verdict == verdict and one.flat == here[0].flat for one in here)
    return [cost, str(count), verdict, f"{smallest:.1e}" if smallest else "0", str(here[0].flat),
            f"{max(one.gradient_norm for one in here):.0e}"]  # fmt: skip


def hessian_checked(c: Chapter, network, fit) -> None:
    """Compare the certificate's eigenvalues with those of a Hessian by differences of gradients, made here."""
    slope = symnn.flat(network, *XOR, parameters=fit.parameters)
    size, h = len(slope.start), 1e-5
    rows = [(slope(slope.start + h * e)[1] - slope(slope.start - h * e)[1]) / (2 * h) for e in np.eye(size)]
    by_differences = np.linalg.eigvalsh((np.array(rows) + np.array(rows).T) / 2)
    found = fit.certify()
    error = max(abs(by_differences[0] - found.smallest), abs(by_differences[-1] - found.largest))
    c.check("The ends of the Hessian's spectrum agree with those of a Hessian by differences, to {error:.0e}.",
            error < 1e-8, error=error)  # fmt: skip


def histogram(costs):
    with styled():
        figure = new_figure(6.2, 2.8)
        axes = figure.subplots()
        levels, counts = np.unique(costs.round(5), return_counts=True)
        axes.bar(levels, counts, width=0.012, color=[GREEN, *[ORANGE] * (len(levels) - 1)])
        for level, count in zip(levels, counts, strict=True):
            axes.text(level, count + 0.5, f"{count}", ha="center")
        axes.set_ylim(0, counts.max() * 1.18)
        axes.set_xlim(0, 0.6)
        axes.set_xlabel("cost where the descent ended")
        axes.set_ylabel("starts")
    return figure


# Many minima are one


def copies_of(parameters):
    """Yield the parameters with the two hidden neurons in every order, and with every choice of signs."""
    for order in itertools.permutations(range(2)):
        for signs in itertools.product((1, -1), repeat=2):
            order, signs = list(order), np.array(signs)
            yield {
                "W1": parameters["W1"][order] * signs[:, None],
                "b1": parameters["b1"][order] * signs,
                "W2": parameters["W2"][:, order] * signs,
                "b2": parameters["b2"],
            }


def with_first_input_exchanged(parameters):
    """Return parameters that answer 1 − a where the first input is 1 − x, and these answer a where it is x."""
    first = parameters["W1"][:, 0]
    return {"W1": parameters["W1"] * [-1, 1], "b1": parameters["b1"] + first, "W2": -parameters["W2"],
            "b2": -parameters["b2"]}  # fmt: skip


def vector(parameters):
    return np.concatenate([np.ravel(parameters[name]) for name in ("W1", "b1", "W2", "b2")])


def is_copy(one, other) -> bool:
    return min(np.abs(vector(copy) - vector(other)).max() for copy in copies_of(one)) < 1e-4


def copies(c: Chapter, network, fits, costs, levels) -> None:
    c.heading("Many minima are one")
    c.say(
        """The starts that ended lowest did not end at the same parameters. Are these different solutions? Mostly
        not. If two hidden neurons change places, with all their weights, the network computes the same. And tanh is
        odd, so that a hidden neuron may change all its signs, if the weight that leads on from it does too:"""
    )
    c.chain(
        ("v*tanh(w*s + b) = -v*(-tanh(w*s + b))", "two signs"),
        ("= (-v)*tanh(-w*s - b)", "tanh is odd"),
        ranges={"s": (-2, 2)},
    )
    c.say(
        """So $n$ hidden neurons have $n$! orders and $2^n$ choices of signs, and every minimum has as many copies
        as their product, all of the same cost and the same shape; here 2 times 4, which is 8. In a network
        784-30-10 with tanh there are more than {many:.0e}. (These are the only ones, if no hidden neuron is
        superfluous: H. Sussmann, Uniqueness of the weights for minimal feedforward nets with a given input-output
        map, 1992.)""",
        many=math.factorial(30) * 2.0**30,
    )
    best = [fit.parameters for fit, cost in zip(fits, costs, strict=True) if cost < levels[0] + 1e-5]
    first = best[0]
    everyone = list(copies_of(first))
    exact = [evaluate(network.gradient().batched, {**copy, "x": XOR[0], "y": XOR[1]}, "mpmath", 50, ["C"])["C"].item()
             for copy in everyone]  # fmt: skip
    c.check("The 8 copies of the lowest minimum are 8 different places, and their costs are equal to 45 digits.",
            len({tuple(vector(copy).round(3)) for copy in everyone}) == 8
            and max(exact) - min(exact) < mpmath.mpf("1e-45"))  # fmt: skip
    same = [is_copy(first, other) for other in best]
    mirrored = [is_copy(with_first_input_exchanged(first), other) for other in best]
    places = len({tuple(vector(one).round(3) + 0.0) for one in best})
    c.say(
        """The {count} lowest starts ended at {places} different places. {same} of them are copies of the first. The
        {others} others are copies of it as well, once more is allowed: the *data* has a symmetry too, for exclusive
        or stays what it is when 0 and 1 are exchanged in one input, and in the answer. Nothing else is left: up to
        symmetry they all found one and the same minimum.""",
        count=len(best), places=places, same=sum(same), others=len(best) - sum(same),
    )  # fmt: skip
    c.check("Each of the {count} lowest ends is one of the 8 copies of the first, or of its mirror image.",
            all(a or b for a, b in zip(same, mirrored, strict=True)), count=len(best))  # fmt: skip


# The best is kept


def noisy_curve(count, seed):
    random = np.random.default_rng(seed)
    x = np.sort(random.uniform(-1, 1, (count, 1)), axis=0)
    return x, np.sin(4 * x) + 0.25 * random.standard_normal((count, 1))


def the_best(c: Chapter) -> None:
    c.heading("The best is kept, but which is it?")
    learned, watched, unseen = noisy_curve(14, 2), noisy_curve(30, 102), noisy_curve(200, 202)
    network = symnn.Network([symnn.Dense(1, 4, "tanh"), symnn.Dense(4, 1, "identity")], cost="quadratic")
    how = {"optimizer": symnn.Momentum(0.1), "epochs": 1500, "batch_size": 14}
    kept = symnn.train(network, *learned, restarts=30, validation=watched, **how)
    costs = np.array([one["cost"] for one in kept.restarts])
    others = np.array([one["validation_cost"] for one in kept.restarts])
    lowest = symnn.train(network, *learned, seed=kept.restarts[costs.argmin()]["seed"], **how)
    c.say(
        """Of many starts one keeps the best. The lowest training cost seems to be the natural judge, but it is not
        a fair one: some valleys are low because the network has learned the noise. A network 1-4-1 learns a curve
        from 14 noisy points, from 30 starts at once. The start with the lowest cost on these 14 goes through them
        at any price. symnn.train(…, restarts=30, validation=…) keeps another: that with the lowest cost on 30
        points which no start has learned from."""
    )
    rows = [
        [name, *(f"{fit.cost_of(*part):.4f}" for part in (learned, watched, unseen))]
        for name, fit in (("lowest training cost", lowest), ("lowest validation cost", kept))
    ]
    c.table(["kept", "14 learned", "30 watched", "200 unseen"], rows)
    c.picture("kept", kept_drawn(learned, lowest, kept),
              "Two of 30 starts: the lowest on the 14 points, and the lowest on others.", width=0.62)  # fmt: skip
    c.say(
        """The last column is the honest figure: these 200 points had no part in the choice. Those that chose are no
        longer impartial."""
    )
    c.check("The start that is kept has the lowest validation cost of the 30, not the lowest training cost; on 200 "
            "other points its cost is {ratio:.1f} times lower.",
            abs(kept.cost_of(*watched) - others.min()) < 1e-12 and kept.cost > costs.min(),
            ratio=lowest.cost_of(*unseen) / kept.cost_of(*unseen))  # fmt: skip


def kept_drawn(learned, lowest, kept):
    with styled():
        figure = new_figure(6.2, 3.4)
        axes = figure.subplots()
        x = np.linspace(-1, 1, 400)[:, None]
        axes.plot(x, np.sin(4 * x), color=GREY, linewidth=1.5, linestyle=":", label="without noise")
        axes.plot(x, lowest.outputs(x), color=ORANGE, linewidth=2, label="lowest training cost")
        axes.plot(x, kept.outputs(x), color=GREEN, linewidth=2, label="lowest validation cost")
        axes.plot(*learned, "o", color="black", markersize=5, label="learned")
        axes.set_ylim(-2.6, 1.9)
        axes.set_xlabel("x")
        axes.legend(loc="lower left", fontsize=9, ncols=2)
    return figure


# Width


def ends(activation, width, seed=0, starts=TRIED):
    """Return the costs at which random starts of 2-width-1 end, all trained at once."""
    network = symnn.Network([symnn.Dense(2, width, activation), symnn.Dense(width, 1, "identity")], cost="quadratic")
    rate = 0.1 if activation == "relu" else 0.3
    fit = symnn.train(network, *XOR, optimizer=symnn.Momentum(rate), epochs=EPOCHS, batch_size=4, restarts=starts,
                      seed=seed)  # fmt: skip
    return np.array([one["cost"] for one in fit.restarts])


def interval(good, count, z=1.96):
    """Return the 95 % interval of a share (E. B. Wilson, 1927)."""
    p = good / count
    middle, half = p + z**2 / (2 * count), z * math.sqrt(p * (1 - p) / count + z**2 / (4 * count**2))
    return (middle - half) / (1 + z**2 / count), (middle + half) / (1 + z**2 / count)


def by_width(c: Chapter) -> float:
    c.heading("Wider networks have more good starts")
    c.say(
        """Exclusive or again, now with the quadratic cost and without a penalty, so that a cost of 0 can be
        reached. A start is *good* if it comes below {good}. For hidden layers of {first} to {last} neurons, with
        tanh and with relu, {tried} starts each are trained at once, for {epochs} epochs.""",
        good=GOOD, first=WIDTHS[0], last=WIDTHS[-1], tried=TRIED, epochs=EPOCHS,
    )  # fmt: skip
    costs = {name: [ends(name, width) for width in WIDTHS] for name in ("tanh", "relu")}
    good = {name: [int((one < GOOD).sum()) for one in found] for name, found in costs.items()}
    between = {name: [interval(one, TRIED) for one in found] for name, found in good.items()}
    rows = [
        [str(width), *(cell for name in good for cell in shown(good[name][place] / TRIED, between[name][place]))]
        for place, width in enumerate(WIDTHS)
    ]
    c.table(["hidden neurons", "tanh", "95 % interval", "relu", "95 % interval"], rows)
    c.picture("width", width_drawn(good, between),
              f"The share of good starts of 2-h-1, of {TRIED} each, with 95 % intervals.", width=0.6)  # fmt: skip
    relu = between["relu"]
    c.check("With relu the share rises from {first:.1%} to {last:.1%}; the 95 % intervals of widths 2 and 8 are far "
            "apart.",
            relu[0][1] < relu[-1][0], first=good["relu"][0] / TRIED, last=good["relu"][-1] / TRIED)  # fmt: skip
    bad = costs["relu"][0][costs["relu"][0] >= GOOD]
    levels = np.array([1 / 16, 1 / 12, 1 / 8])
    c.check("The {bad} bad starts of 2-2-1 with relu end at 1/16, 1/12 or 1/8, each to {worst:.0e}.",
            np.abs(bad[:, None] - levels).min(axis=1).max() < 1e-4, bad=len(bad),
            worst=np.abs(bad[:, None] - levels).min(axis=1).max())  # fmt: skip
    c.say(
        """A bad start of the narrow network ends at one of three costs: it gets two of the four answers right and
        says ½ to the others (1/16), or one right and the mean of the others, a third or two thirds, to three
        (1/12), or ½ to all (1/8). The relu is harsh here: a neuron that is 0 on all four examples has no slope, and
        never learns again. Each further neuron is one more chance that enough of them live."""
    )
    return good["relu"][0] / TRIED


def shown(share, ends):
    return f"{100 * share:.1f} %", f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %"


def width_drawn(good, between):
    with styled():
        figure = new_figure(6.0, 3.2)
        axes = figure.subplots()
        for name, color, mark in (("tanh", BLUE, "o"), ("relu", ORANGE, "s")):
            share = np.array(good[name]) / TRIED
            low, high = np.array(between[name]).T
            axes.errorbar(WIDTHS, share, [share - low, high - share], color=color, marker=mark, capsize=4, label=name)
        axes.set_ylim(0, 1.05)
        axes.set_xticks(WIDTHS)
        axes.set_xlabel("hidden neurons h")
        axes.set_ylabel("share of good starts")
        axes.legend(loc="lower right")
    return figure


# How many starts are enough


def starts_for(p, miss=0.01):
    return math.ceil(math.log(miss) / math.log(1 - p))


def how_many(c: Chapter, p: float) -> None:
    c.heading("How many starts are enough")
    c.say(
        """If a share $p$ of starts is good, one start misses with probability $1 - p$, and $R$ starts, which do not
        know of each other, all miss with probability $(1 - p)^R$. This shall be at most 1 %. Take logarithms:"""
    )
    chances = {"p": (0.01, 0.99)}
    c.chain("log((1 - p)^R) = R*log(1 - p)", ranges={**chances, "R": (1, 40)})
    c.display("R*log(1 - p) ≤ log(0.01)")
    c.say("and divide by $log(1 - p)$. This is negative, so the sign turns:")
    c.display("R ≥ log(0.01)/log(1 - p)")
    c.say(
        "With exactly so many, the chance to miss is 1 %. And a rule that needs no logarithm of $p$ is on the safe "
        "side:"
    )
    c.chain(("log(0.01)/log(1 - p) ≤ log(100)/p", "because $-log(1 - p)$ is at least $p$"), ranges=chances)
    low = interval(round(p * TRIED), TRIED)[0]
    needed, careful = starts_for(p), starts_for(low)
    c.say(
        """So about 4.6 divided by $p$. The network 2-2-1 with relu had $p = {p:.3f}$, which makes {needed} starts.
        Is it so? We try it on 1000 new starts, which had no part in measuring $p$: of these {needed} are picked,
        10,000 times, and each time we look if a good one is among them. And the same with {careful}, for those who
        are careful: $p$ is itself measured, and the lower end of its interval is {low:.3f}.""",
        p=p, needed=needed, careful=careful, low=low,
    )  # fmt: skip
    new = ends("relu", 2, seed=TRIED, starts=1000) < GOOD
    random = np.random.default_rng(5)
    hits = [new[random.integers(1000, size=(10_000, size))].any(axis=1).mean() for size in (needed, careful)]
    c.table(
        ["starts picked", str(needed), str(careful)],
        [
            ["a good one among them", *(f"{one:.1%}".replace("%", " %") for one in hits)],
            ["by the formula, at the new share", *(f"{1 - (1 - new.mean()) ** size:.1%}".replace("%", " %")
                                                   for size in (needed, careful))],
        ],
    )  # fmt: skip
    c.say(
        """Of the new starts {share:.1%} are good. The first {tried} were luckier than most, and with the number
        that they asked for one misses more often than was promised. The careful number keeps its promise. A share
        from few starts is a rough number, and so is what follows from it.""",
        share=new.mean(), tried=TRIED,
    )  # fmt: skip
    c.check("In {hits:.1%} of 10,000 picks of {careful} new starts there is a good one, at least 99 %.",
            hits[1] >= 0.99,
            hits=hits[1], careful=careful)  # fmt: skip
    c.table(
        ["$p$", *(f"{100 * share:g} %" for share in (0.8, 0.5, 0.2, 0.1, 0.01, 0.001))],
        [["starts", *(str(starts_for(share)) for share in (0.8, 0.5, 0.2, 0.1, 0.01, 0.001))]],
        "Starts that find a good valley with 99 % certainty.",
    )


# What is certain


def what_is_certain(c: Chapter, found: list[Hill]) -> None:
    c.heading("What is certain, and what is not")
    c.say(
        """The essay asks for many random starts, so as to be certain that the whole space was explored and the best
        model found. That is more than they can give. They make it *likely*, under a condition that no one can see.
        Four things stand between."""
    )
    hidden = max((one for one in found if one.share(1) < 0.2), key=lambda one: one.seen)
    scale = 4
    far = Hill(hidden.x / scale, hidden.y, *(scale * w for w in (hidden.left, hidden.watershed, hidden.right)))
    ended = roll(far, np.random.default_rng(1).normal(size=1000), 6000)[-1]
    deeper, other = (far.left, far.right) if far.best_is_left else (far.right, far.left)
    hits = int((abs(ended - deeper) < abs(ended - other)).sum())
    apart = abs(ended - other).max()
    parameters = sum(math.prod(shape) for shape in xor_network().parameters.values())
    c.bullets(
        """The space is not explored. A grid with ten values of each of {parameters} parameters has
        $10^{parameters}$ points, and {starts} starts are {starts}. That descent finds valleys all the same is
        because these are wide, if they are.""",
        """The share $p$ is not known. If all of $R$ starts found nothing better, all that follows is that no better
        valley is likely to be wide: one with a share of more than about $3/R$ would have been met with 95 %
        certainty. (J. A. Hanley and A. Lippman-Hand, If nothing goes wrong, is everything all right?, 1983.)""",
        """The share belongs to the starts, not to the landscape. One of the neurons above has its deeper valley far
        from 0, and a normal first weight finds it with a share of {near:.3f}. Measure its inputs in units four
        times as large: the same examples, the same two valleys, four times as far out. Now the share is {far:.0e},
        and of 1000 balls none came into it. All of them ended in a minimum, but in the other.""",
        """A certificate is about the place, not about the rest. A minimum is a minimum of its neighbourhood.""",
        parameters=parameters, starts=STARTS, near=hidden.share(1), far=far.share(1),
    )  # fmt: skip
    c.say("The rule of three in the second point is a bound, with 0.05 for the chance to miss:")
    c.chain(
        ("1 - (1/20)^(1/R) = 1 - exp(-log(20)/R)", "the p at which (1 − p)ᴿ is 1/20"),
        ("≤ log(20)/R", "because 1 − e⁻ᵗ ≤ t"),
        ("≤ 3/R", "log 20 is 2.996"),
        ranges={"R": (1, 1000)},
    )
    c.check("With inputs in units {scale} times as large, of 1000 starts {hits} end in the deeper valley and "
            "{others} in the other, all within {apart:.0e} of its lowest point.", hits == 0 and apart < 1e-2,
            scale=scale, hits=hits, others=1000 - hits, apart=apart)  # fmt: skip
    lowest = rolled_flat(c)
    c.say(
        """And yet one can be certain at times: where the cost cannot be lower. A quadratic cost is a sum of
        squares, so a cost of 0 is the lowest there is, and whoever reaches it need not start again. The network
        2-2-1 with tanh reaches {cost:.0e} without a penalty. Its certificate says only {verdict}, with {flat}
        eigenvalues that are 0: there 9 parameters obey 4 equations, one an example, and $9 - 4 = 5$ directions are
        left in which nothing changes. The Hessian cannot tell that this is the lowest place. That 0 is the least of
        all squares can.""",
        cost=lowest.cost, verdict=f"“{lowest.certify().verdict}”", flat=lowest.certify().flat,
    )  # fmt: skip


def rolled_flat(c: Chapter):
    network = symnn.Network([symnn.Dense(2, 2, "tanh"), symnn.Dense(2, 1, "identity")], cost="quadratic")
    fit = rolled_down(network, seed=0)
    found = fit.certify()
    jacobian = symnn.jacobian(network.program, of=network.output).compile()
    rows = [jacobian(**fit.parameters, x=x) for x in XOR[0]]
    derivatives = [np.concatenate([np.ravel(row[name]) for name in network.parameters]) for row in rows]
    rank = int(np.linalg.matrix_rank(derivatives))
    c.check("At a cost of {cost:.0e} the Hessian has {flat} eigenvalues 0, as many as 9 parameters less the rank, "
            "{rank}, of the four outputs' derivatives.", fit.cost < 1e-15 and found.flat == 9 - rank,
            cost=fit.cost, flat=found.flat, rank=rank)  # fmt: skip
    return fit


# Exercises


def exercises(c: Chapter, hill: Hill) -> None:
    random = np.random.default_rng(3)
    with c.exercise() as solution:
        percent = int(random.integers(2, 8)) * 5
        c.say("{percent} % of the starts of a network are good. How many starts find a good one with 99 % certainty? "
              "How many with 99.9 %?", percent=percent)  # fmt: skip
        solution()
        p = percent / 100
        counts = [starts_for(p, miss) for miss in (0.01, 0.001)]
        c.say("$log(0.01)/log({left:g}) = {exact:.2f}$, so {count}; and $log(0.001)/log({left:g}) = {more:.2f}$, so "
              "{counts}: one and a half times as many.",
              left=1 - p, exact=math.log(0.01) / math.log(1 - p), count=counts[0],
              more=math.log(0.001) / math.log(1 - p), counts=counts[1])  # fmt: skip
        c.check("Exercise 1: {a} starts miss with {low:.2%}, {b} with {high:.2%}.",
                (1 - p) ** counts[0] <= 0.01 < (1 - p) ** (counts[0] - 1), a=counts[0], low=(1 - p) ** counts[0],
                b=counts[0] - 1, high=(1 - p) ** (counts[0] - 1))  # fmt: skip
    with c.exercise() as solution:
        n = int(random.integers(3, 6))
        c.say("How many copies has a minimum of the network 2-{n}-1, with tanh in its hidden layer? And with the "
              "sigmoid of chapter 1, for which $sigmoid(-z) = 1 - sigmoid(z)$?", n=n)  # fmt: skip
        solution()
        count = math.factorial(n) * 2**n
        c.say("{n}! orders times 2 to the power of {n} choices of signs: {count}. With the sigmoid as many: a hidden "
              "neuron may change its signs here too, if its weight $v$ onward does and the next bias grows by $v$.",
              n=n, count=count)  # fmt: skip
        c.chain("v*sigmoid(z) + b = (-v)*sigmoid(-z) + (b + v)")
        c.check("Exercise 2: {count} copies.", count == len({(o, s) for o in itertools.permutations(range(n))
                for s in itertools.product((1, -1), repeat=n)}), count=count)  # fmt: skip
    with c.exercise() as solution:
        start = BALL
        c.say("In the picture of the two valleys a ball starts at $w = {start:g}$, far on the left. With how large a "
              "learning rate does its first step carry it over the watershed?", start=start)  # fmt: skip
        solution()
        compiled = symnn.diff(COST, wrt="w", shapes={"w": (), "x": "m", "y": "m"}).compile()
        slope = float(compiled(w=start, x=hill.x, y=hill.y)[1]["w"])
        rate = (hill.watershed - start) / -slope
        c.say("The slope there is {slope:.5f}. The step must be longer than {way:.2f}, so η must be larger than "
              "{way:.2f} divided by {size:.5f}, which is {rate:.0f}. In the valleys such steps are far too long: a "
              "step that is large at first, and small later, is what schedules of learning rates are for.",
              slope=slope, way=hill.watershed - start, size=-slope, rate=rate)  # fmt: skip
        after = np.array([start - factor * rate * slope for factor in (0.99, 1.01)])
        c.check("Exercise 3: with 1 % less the ball goes on to the higher valley, with 1 % more to the deeper one.",
                went_right(hill, after).tolist() == [False, True])  # fmt: skip


if __name__ == "__main__":
    run(chapter)
