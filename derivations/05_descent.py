"""Why the step goes down: the change of the cost to first and to second order, and beside it every step of a run."""

from dataclasses import dataclass

import numpy as np

import symnn
from symnn.calculus import batch_program
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, GREY, ORANGE, new_figure, styled

RATE, STEPS = 1.0, 100
NAMES = {"d": "Δ θ", "dC": "Δ C", "grad": "∇ C", "etamax": "η_max", "lmax": "λ_max", "lmin": "λ_min"}
SHAPES = {"theta": "n", "d": "n", "g": "n", "grad": "n", "u": "n", "v": "n", "r": "n", "H": ("n", "n")}
PLAIN = symnn.Notation(bold=False)


def chapter() -> Chapter:
    c = Chapter(
        "Why the step goes down",
        "The change of the cost is about the change of the parameters times the gradient; a step against the gradient "
        "lowers it. How exactly is this true, and for how large a step?",
        names=NAMES, shapes=SHAPES, functions="C phi O", notation=PLAIN,
    )  # fmt: skip
    hill = Hill()
    along_a_line(c, hill)
    against_the_gradient(c, hill)
    steepest(c, hill)
    second_order(c, hill)
    places = hill.course(RATE, STEPS)
    steps = [hill.measured(x, RATE) for x in places]
    every_step(c, hill, steps)
    largest_step(c, hill, places, steps)
    near_a_minimum(c)
    batches(c, hill)
    exercises(c)
    return c


@dataclass(frozen=True)
class Step:
    """A step of gradient descent: what happened to the cost, and what was foretold to first and second order."""

    change: float
    first: float
    second: float
    curvature: float
    """gᵀ H g"""
    slope: float
    """gᵀ g"""


class Hill:
    """The cost of the network of chapter 4, as a function of one vector θ: 100 flowers, 9 parameters."""

    def __init__(self, net=None, start=None) -> None:
        data = symnn.load_data("iris")
        kept = data.y != "setosa"
        X = data.X[kept][:, 2:]
        self.X, self.y = (X - X.mean(axis=0)) / X.std(axis=0), (data.y[kept] == "virginica").astype(float)[:, None]
        self.net = net or symnn.mlp("2-2-1", cost="binary_cross_entropy")
        self.flat = symnn.flat(self.net, self.X, self.y, start, seed=2)
        whole = batch_program(self.net.program, ["C"])
        self.product = symnn.hessian_vector_product(whole, "C", list(self.net.parameters)).compile()

    def cost(self, x):
        return self.flat(x)[0]

    def gradient(self, x):
        return self.flat(x)[1]

    def times(self, x, v):
        """Return H v, by symnn's equations for it."""
        direction = {f"v{name}": part for name, part in self.flat.parameters(v).items()}
        return self.flat.flatten(self.product(**self.flat.parameters(x), **direction, x=self.X, y=self.y)[1])

    def hessian(self, x):
        return np.array([self.times(x, unit) for unit in np.eye(len(x))])

    def eigenvalues(self, x):
        return np.linalg.eigvalsh(self.hessian(x))

    def course(self, rate, steps):
        """Return where gradient descent stood before each of its steps."""
        places = [self.flat.start]
        for _ in range(steps - 1):
            places.append(places[-1] - rate * self.gradient(places[-1]))
        return places

    def measured(self, x, rate):
        cost, g = self.flat(x)
        slope, curvature = g @ g, g @ self.times(x, g)
        first = -rate * slope
        return Step(self.cost(x - rate * g) - cost, first, first + rate**2 * curvature / 2, curvature, slope)


def along_a_line(c: Chapter, hill: Hill) -> None:
    c.heading("The cost along a line")
    c.say(
        """Put all parameters of a network, weights and biases, into one long column $theta$. The cost is a number
        that depends on it, $C(theta)$. The parameters are changed by $d$, another column of the same length, and
        we ask by how much the cost changes:"""
    )
    c.display("dC = C(theta + d) - C(theta)")
    c.say(
        """There are many parameters; to have only one variable, walk from $theta$ to $theta + d$ on a straight line.
        After a part $t$ of the way the cost is"""
    )
    c.display("phi(t) = C(theta + t*d)", "phi(0) = C(theta)", "phi(1) = C(theta + d)")
    c.say(
        """What is the slope of $phi$? This is the chain rule, for a cost of which nothing is known but that it has
        a gradient. In symnn's derivation $f$ is the place on the line, and $grad$ the gradient there:"""
    )
    line = symnn.diff("theta + t*d", "t", shapes={"theta": "n", "d": "n", "t": ()}, upstream="g")
    c.derivation(line.with_notation(symnn.Notation(bold=False, names={"d": "Δ θ", "g": "∇ C"})).steps("t"))
    c.say("At the beginning of the way, with $g$ for the gradient at $theta$, that is")
    c.display("phi'(0) = g'*d")
    c.say(
        """and as long as the slope does not change much along the way, the change of the cost is about the slope
        times the way, which is $t$ from 0 to 1:"""
    )
    c.display("dC ≈ g'*d")
    c.say(
        """This is the sentence of the essay: the change in the cost is equal to the change in the parameters
        multiplied by the gradient. It is true *to first order*: with a sign ≈, which becomes the better the shorter
        the step."""
    )
    wrong = slope_along(hill)
    c.check("The slope along a line in a random direction is $grad' * d$: for the network of chapter 4 at five places "
            "of the line, against differences of its cost, to {wrong:.0e}.", wrong < 1e-8, wrong=wrong)  # fmt: skip
    c.audit(line, "The chain rule along a line")


def slope_along(hill: Hill):
    start, way, h = hill.flat.start, np.random.default_rng(1).standard_normal(9), 1e-5
    errors = []
    for t in np.linspace(0, 1, 5):
        here = start + t * way
        measured = (hill.cost(here + h * way) - hill.cost(here - h * way)) / (2 * h)
        errors.append(abs(measured - hill.gradient(here) @ way))
    return max(errors)


def against_the_gradient(c: Chapter, hill: Hill) -> None:
    c.heading("A step against the gradient")
    c.say("Now choose the change: a negative number times the gradient, $d = -eta*g$ with $eta > 0$. Then")
    c.chain(
        ("g'*(-eta*g) = -eta*(g'*g)", "the number stands in front"),
        ("= -eta*sum(g[i]^2, i)", "$g' * g$ is a sum of squares"),
        ("= -eta*norm2(g)^2", "the square of the length of $g$"),
        ("≤ 0", "$eta > 0$, and a square is never negative"),
        ranges={"eta": (0, 3)},
    )
    c.say("and so $dC ≈ -eta*norm2(g)^2 ≤ 0$: to first order, a step against the gradient never raises the cost.")
    x = hill.flat.start
    one = hill.measured(x, 15.0)
    c.note(
        "Where the essay's sentence needs care",
        """The essay says that the change in the cost is then always negative, being a negative number times a square.
        Three things are to be added.

        First, the equality is approximate. With {rate:g} as learning rate, the first step of our network should
        change the cost by {first:.2f}; measured, it changes by {change:.2f}: the cost rises. The sentence is
        about *small* learning rates.

        Second, a square is never negative, but it may be 0: it is, where the gradient is 0, at a *stationary point*.
        There gradient descent stands still, whether that is a valley, a saddle or a peak.

        Third, what is squared is not one number but the length of the gradient: every parameter gives a square of its
        own, and they are added up. So all parameters may be changed at the same time.""",
        rate=15.0, first=one.first, change=one.change,
    )  # fmt: skip
    c.check("With a learning rate of {rate:g} the first step raises the cost, by {change:.2f}, though "
            "$-eta*norm2(g)^2$ is negative.", one.change > 0 > one.first, rate=15.0, change=one.change)  # fmt: skip
    small = [hill.measured(place, 0.01).change for place in hill.course(RATE, STEPS)]
    c.check("With a learning rate of 0.01 a step lowers the cost at each of the {count} places where the run below "
            "stood.", max(small) < 0, count=len(small))  # fmt: skip


def steepest(c: Chapter, hill: Hill) -> None:
    c.heading("No direction is steeper")
    c.say(
        """Among all steps $v$ of the same length, which lowers the cost most, to first order? Compare $g' * v$ with
        the lengths of both. What is missing to equality is a sum of squares again (Cauchy 1821, Schwarz 1888; this
        form of it is Lagrange's identity):"""
    )
    c.chain(
        ("norm2(g)^2*norm2(v)^2 - (g'*v)^2 = 1/2*sum(sum((g[i]*v[j] - g[j]*v[i])^2, i), j)", "multiply out the square"),
        ("≥ 0", "squares"),
    )
    c.say(
        """So $g' * v$ is never below $-norm2(g)*norm2(v)$, and it is that low only where all the squares vanish:
        where $v$ points exactly against $g$. That is why the balls of chapter 4 set out straight across the lines of
        equal cost: along such a line the cost does not change, $g' * v = 0$, so the gradient stands at a right angle
        to it."""
    )
    x, length = hill.flat.start, 1e-4
    cost, g = hill.flat(x)
    ways = np.random.default_rng(2).standard_normal((1000, len(x)))
    ways *= length / np.linalg.norm(ways, axis=1)[:, None]
    drops = np.array([hill.cost(x + way) - cost for way in ways])
    best = hill.cost(x - length * g / np.linalg.norm(g)) - cost
    c.check("Of 1,000 random steps of the length {length:.0e} none lowers the cost as much as that against the "
            "gradient: the best reaches {share:.0%} of it.", drops.min() > best, length=length,
            share=drops.min() / best)  # fmt: skip


def second_order(c: Chapter, hill: Hill) -> None:
    c.heading("How wrong is ≈? The second order")
    c.say(
        """The slope changes along the way, and the second derivative says how fast. Let $H$ be the *Hessian*, the
        matrix of all second derivatives of $C$. By the same chain rule, now for the slope $g' * d$ in place of the
        cost,"""
    )
    c.display("phi''(0) = d'*H*d")
    c.say("and Taylor's formula, which goes on where the tangent stops, says that")
    c.display("phi(1) = phi(0) + phi'(0) + 1/2*phi''(0) + R")
    c.say("""with a rest $R$ of third order. Put $d = -eta*g$ into it; in the rest, the third power of $eta$ can then
        be taken out, which is written $O(eta^3)$:""")
    c.hold("g'*(-eta*g) + 1/2*((-eta*g)'*H*(-eta*g)) = -eta*(g'*g) + 1/2*eta^2*(g'*H*g)")
    c.display("dC = -eta*g'*g + 1/2*eta^2*g'*H*g + O(eta^3)")
    c.say(
        """The first term is always in our favour. The second, as a rule, is not: where the ground bends upwards along
        the gradient, $g' * H*g$ is positive. But it has the square of $eta$: of two small numbers, make $eta$ small
        enough, and the first wins.

        For nine parameters $H$ has 81 entries; for a million it could not even be stored. It is never needed. What is
        needed is $H*g$, a column, and that is the derivative of $g' * v$ for a fixed $v$, with $v = g$ put in
        afterwards (B. A. Pearlmutter, Fast exact multiplication by the Hessian, 1994). So symnn differentiates the
        equations of the gradient once more. For a single neuron with cross-entropy, with $V$ for the part of $v$ that
        belongs to the weights, and $q$ for $g' * v$:"""
    )
    neuron = symnn.mlp("2-1", cost="binary_cross_entropy")
    product = symnn.hessian_vector_product(neuron.program, "C", ["W1", "b1"], {"W1": "V", "b1": "v"})
    names = {product.of: "q"}
    c.equations(product, only=("Backward",), notation=symnn.Notation(bold=False, names=names), defined=False)
    c.say(
        """Read it: a change $v$ of the parameters changes the sum $z$ by what stands in the brackets, this changes
        the output by σ′ times as much, and with it the error $a - y$, from which all slopes are made."""
    )
    c.audit(product, "The product of the Hessian with a direction, for a neuron")
    x, h = hill.flat.start, 1e-5
    g = hill.gradient(x)
    measured = (hill.gradient(x + h * g) - hill.gradient(x - h * g)) / (2 * h)
    wrong = float(np.abs(measured - hill.times(x, g)).max())
    c.check("$H*g$ of the network of chapter 4, against differences of its gradient: to {wrong:.0e}.", wrong < 1e-8,
            wrong=wrong)  # fmt: skip


def every_step(c: Chapter, hill: Hill, steps: list[Step]) -> None:
    c.heading("Every step of a run, foretold and measured")
    c.say(
        """Here is the network of chapter 4 once more, learning from its 100 flowers with the learning rate {rate:g}.
        Before each of its {count} steps both predictions are made; then the step is taken, and the change of the cost
        is measured.""",
        rate=RATE, count=len(steps),
    )  # fmt: skip
    c.picture("steps", the_steps(steps), "Above, what each step took off the cost, and what was foretold. Below, the "
              "relative error of the two predictions.", width=0.8)  # fmt: skip
    shown = (0, 1, 2, 5, 10, 20, 50, len(steps) - 1)
    c.table(
        ["step", "first order", "second order", "measured", "error of first", "of second"],
        [
            [str(k + 1), f"{steps[k].first:.6f}", f"{steps[k].second:.6f}", f"{steps[k].change:.6f}",
             f"{relative(steps[k].first, steps[k]):.1%}", f"{relative(steps[k].second, steps[k]):.3%}"]
            for k in shown
        ],
    )  # fmt: skip
    first = max(relative(one.first, one) for one in steps)
    second = max(relative(one.second, one) for one in steps)
    c.say(
        """At its worst the first order is wrong by {first:.0%} of what the step really took off, the second by
        {second:.1%}; and late in the run, where gradients are small and the steps short, both are nearly exact.""",
        first=first, second=second,
    )  # fmt: skip
    c.check("All {count} steps lowered the cost.", all(one.change < 0 for one in steps), count=len(steps))
    c.check("The prediction to first order is within {first:.1%} of every measured change, that to second order within "
            "{second:.1%}.", first < 0.2 and second < 0.02, first=first, second=second)  # fmt: skip
    halves(c, hill)


def relative(foretold: float, step: Step) -> float:
    return abs(foretold - step.change) / abs(step.change)


def the_steps(steps: list[Step]):
    with styled():
        figure = new_figure(6.6, 4.8)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1])
        numbers = np.arange(1, len(steps) + 1)
        above.plot(numbers, [-one.change for one in steps], "o", color=GREY, markersize=4, label="measured")
        above.plot(numbers, [-one.first for one in steps], color=ORANGE, linewidth=1.5, label="first order")
        above.plot(numbers, [-one.second for one in steps], color=BLUE, linewidth=1.5, label="second order")
        above.set_ylabel(r"$-\Delta C$")
        below.plot(numbers, [relative(one.first, one) for one in steps], color=ORANGE, linewidth=1.5)
        below.plot(numbers, [relative(one.second, one) for one in steps], color=BLUE, linewidth=1.5)
        below.set_ylabel("relative error")
        below.set_xlabel("step")
        for axes in (above, below):
            axes.set_yscale("log")
            axes.set_xscale("log")
            axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
            axes.minorticks_off()
        above.legend()
    return figure


def halves(c: Chapter, hill: Hill) -> None:
    c.say(
        """If the formula is right, the relative error of the first order must shrink like $eta$, and that of the
        second like $eta^2$. At the place where the run began, halve the learning rate again and again:"""
    )
    x, rows, ratios, before = hill.flat.start, [], [], None
    for power in range(7):
        rate = RATE / 2**power
        one = hill.measured(x, rate)
        errors = np.array([relative(one.first, one), relative(one.second, one)])
        ratio = None if before is None else before / errors
        shown = ["", ""] if ratio is None else [f"{one:.3f}" for one in ratio]
        rows.append([f"1/{2**power}" if power else "1", f"{errors[0]:.6f}", shown[0], f"{errors[1]:.8f}", shown[1]])
        ratios.append(ratio)
        before = errors
    c.table(["$eta$", "error of first", "ratio", "error of second", "ratio"], rows)
    c.say("The ratios go to 2 and to 4.")
    last = ratios[-1]
    c.check("Halving $eta$ divides the error of the first order by {a:.2f}, and that of the second by {b:.2f}.",
            abs(last[0] - 2) < 0.02 and abs(last[1] - 4) < 0.08, a=last[0], b=last[1])  # fmt: skip


def largest_step(c: Chapter, hill: Hill, places, steps: list[Step]) -> None:
    c.heading("How large may a step be?")
    c.say("To second order, $dC$ is a parabola in $eta$, which begins at zero and falls. It is zero again at")
    c.display("etamax = 2*g'*g/(g'*H*g)")
    c.hold("-(2*(g'*g)/(g'*H*g))*(g'*g) + 1/2*(2*(g'*g)/(g'*H*g))^2*(g'*H*g) = 0*(g'*g)")
    c.say(
        """provided that $g' * H*g$ is positive; where it is negative, the ground bends downwards along the gradient,
        and the parabola sets no limit at all. Up to $etamax$ the step goes down, beyond it up. It goes down most half
        way, at $etamax/2$.

        How good is this limit? It can be compared with the truth: the learning rate from which on the step really
        raises the cost, found by trying. Here are two steps of the run:"""
    )
    c.picture("limits", the_limits(hill, places), "What a step changes, against its learning rate: the "
              "cost itself, its tangent, and the parabola of the second order.", width=1.0)  # fmt: skip
    shown = (0, 1, 2, 3, 5, 10, 20, 50, 99)
    limits = {k: (2 * steps[k].slope / steps[k].curvature, true_limit(hill, places[k])) for k in shown}
    c.table(
        ["step", *(str(k + 1) for k in shown)],
        [
            ["$etamax$", *(f"{limits[k][0]:.1f}" for k in shown)],
            ["true limit", *(f"{limits[k][1]:.1f}" for k in shown)],
            ["$2/lmax$", *(f"{2 / hill.eigenvalues(places[k])[-1]:.1f}" for k in shown)],
        ],
    )
    low, high = (choose(a / b for a, b in limits.values()) for choose in (min, max))
    c.say(
        """In the beginning it is a good guess. Later it is far too cautious, down to {low:.0%} of the truth. That is
        no contradiction: a step with such a learning rate goes far, and far away the hill is no longer the parabola
        that touches it here. The formula is exact for parabolas, and good where a step is short enough for the hill
        to look like one. (The last row belongs to the next section.)""",
        low=low,
    )
    c.check("At {count} places of the run the true limit was found by trying; $etamax$ is between {low:.0%} and "
            "{high:.0%} of it.", 0.1 < low < high < 1.5, count=len(shown), low=low, high=high)  # fmt: skip
    share = min(one.slope / one.curvature * hill.eigenvalues(x)[-1] for x, one in zip(places, steps, strict=True))
    c.check("At all {count} places $etamax$ is at least $2/lmax$: the least ratio of the two is {share:.2f}.",
            share >= 1, count=len(places), share=share)  # fmt: skip


def the_limits(hill: Hill, places):
    with styled():
        figure = new_figure(7.6, 3.0)
        for axes, k, farthest in zip(figure.subplots(1, 2), (0, 20), (10, 160), strict=True):
            rates = np.linspace(0, farthest, 161)
            one = hill.measured(places[k], RATE)
            cost, g = hill.flat(places[k])
            true = np.array([hill.cost(places[k] - rate * g) for rate in rates]) - cost
            first, second = -rates * one.slope, -rates * one.slope + rates**2 * one.curvature / 2
            axes.axhline(0, color="#444444", linewidth=0.8)
            axes.plot(rates, true, color=GREY, linewidth=2.4, label="cost")
            axes.plot(rates, first, color=ORANGE, linewidth=1.5, label="first order")
            axes.plot(rates, second, color=BLUE, linewidth=1.5, label="second order")
            axes.plot(2 * one.slope / one.curvature, 0, "o", color=BLUE, markersize=7)
            axes.plot(true_limit(hill, places[k]), 0, "o", color=GREY, markersize=7)
            axes.set_ylim(1.3 * true.min(), -0.8 * true.min())
            axes.set_xlim(0, farthest)
            axes.set_title(f"step {k + 1}")
            axes.set_xlabel(r"learning rate $\eta$")
        figure.axes[0].set_ylabel(r"$\Delta C$")
        figure.axes[0].legend(loc="upper left")
    return figure


def true_limit(hill: Hill, x) -> float:
    """Return the smallest learning rate with which a step leaves the cost as it is, to four digits."""
    cost, g = hill.flat(x)
    low = 0.5
    while hill.cost(x - 1.05 * low * g) < cost:
        low *= 1.05
    high = 1.05 * low
    while high - low > 1e-4 * low:
        middle = (low + high) / 2
        low, high = (middle, high) if hill.cost(x - middle * g) < cost else (low, middle)
    return low


def near_a_minimum(c: Chapter) -> None:
    c.heading("Near a minimum: 2/λ")
    c.say(
        """Chapter 4 found the limit $2/k$ for a parabola of one variable with the curvature $k$. With many variables
        there are many curvatures: one for each eigenvector of $H$, and they are its eigenvalues $λ$. Let $u$ be the
        way from a minimum to where we are. The gradient there is $H*u$, to first order, and a step makes of $u$"""
    )
    c.chain(("u - eta*(H*u) = (eye(n) - eta*H)*u", "$u$ taken out"))
    c.say(
        """In the direction of an eigenvector, $H*u$ is a number $λ$ times $u$, and the distance is multiplied by $1 -
        eta*λ$, as in chapter 4. All directions settle exactly when the most curved one does: $eta < 2/lmax$. And
        since $g' * H*g$ is never more than $lmax*g' * g$, the limit of a single step is never below this one: $etamax
        ≥ 2/lmax$, as the table above shows. A single step may be longer; steps that are to be repeated may not.

        To see it in a network, we need one that has a minimum. With a small penalty on large weights, $0.005$ times
        their squares, ours has. The optimizer LBFGS finds it, and symnn certifies it by all nine eigenvalues:"""
    )
    net = symnn.mlp("2-2-1", cost="binary_cross_entropy", l2=0.01)
    hill = Hill(net)
    fit = symnn.train(net, hill.X, hill.y, optimizer=symnn.LBFGS(), epochs=300, batch_size=len(hill.X), seed=2)
    found = fit.certify()
    bottom = hill.flat.flatten(fit.parameters)
    bottom = bottom - np.linalg.solve(hill.hessian(bottom), hill.gradient(bottom))
    limit = found.largest_learning_rate
    c.table(
        ["cost", "$norm2(g)$", "$lmin$", "$lmax$", "$2/lmax$"],
        [[f"{found.cost:.5f}", f"{found.gradient_norm:.0e}", f"{found.smallest:.4f}", f"{found.largest:.4f}",
          f"{limit:.3f}"]],
    )  # fmt: skip
    c.check("LBFGS found a minimum, with all nine eigenvalues positive.",
            found.verdict == "minimum" and found.whole and found.smallest > 0)  # fmt: skip
    rates = (0.5, 0.95, 1.05)
    aways = {rate: away(hill, bottom, rate * limit) for rate in rates}
    shown = (0, 10, 100, 1000)
    c.say("Gradient descent begins nearby, with learning rates below and above the limit. How far away is it then?")
    c.table(
        ["steps", *(f"{k:,}" for k in shown)],
        [[f"$eta = {rate:g} · 2/lmax$", *(f"{aways[rate][k]:.1e}" for k in shown)] for rate in rates],
    )
    c.check("Near the minimum gradient descent arrives with 95 % of $2/lmax$, and leaves with 105 %.",
            aways[0.95][1000] < 1e-6 and aways[1.05][1000] > 1e-2)  # fmt: skip
    step = np.eye(len(bottom)) - 0.95 * limit * hill.hessian(bottom)
    foretold = float(np.linalg.norm(np.linalg.matrix_power(step, 100) @ nearby(bottom)))
    wrong = abs(foretold / aways[0.95][100] - 1)
    c.check("With 95 %, the distance after 100 steps is that of the 100th power of $eye(n) - eta*H$, applied to $u$, "
            "to {wrong:.1%}.", wrong < 0.05, wrong=wrong)  # fmt: skip


def nearby(bottom):
    return 1e-3 * np.random.default_rng(3).standard_normal(len(bottom))


def away(hill: Hill, bottom, rate):
    x = bottom + nearby(bottom)
    distances = [float(np.linalg.norm(x - bottom))]
    for _ in range(1000):
        x = x - rate * hill.gradient(x)
        distances.append(float(np.linalg.norm(x - bottom)))
    return distances


def batches(c: Chapter, hill: Hill) -> None:
    c.heading("A step on a few examples")
    c.say(
        """So far every step looked at all flowers. With millions of examples that is too slow, and each step looks at
        a few of them only, a *mini-batch* (H. Robbins and S. Monro, A stochastic approximation method, 1951). All
        that was shown then holds for the cost on those few: it goes down. The cost on all examples need not. Averaged
        over all batches, though, the gradients of the batches are the gradient of the whole, and so the way leads
        down in the long run. Our network, with {size} flowers a step and the learning rate {rate:g}:""",
        size=10, rate=RATE,
    )  # fmt: skip
    counts, wrong, before, after = run_on_batches(hill, 10, 30)
    c.table(
        ["epochs", "steps", "raised the cost of their batch", "raised the cost of all"],
        [[name, str(total), f"{own / total:.0%}", f"{whole / total:.0%}"] for name, total, own, whole in counts],
    )
    own, whole, total = (sum(row[k] for row in counts) for k in (2, 3, 1))
    c.say(
        """{whole} of the {total} steps made the network worse as a whole, and yet the cost went from {before:.3f} to
        {after:.3f}.""",
        whole=whole, total=total, before=before, after=after,
    )  # fmt: skip
    c.check("Of {total} steps on batches of ten, {own} raised the cost of their own batch, {whole} that of all "
            "examples; in the end it had fallen.", own <= total * 0.02 and whole > total * 0.2 and after < before,
            total=total, own=own, whole=whole)  # fmt: skip
    c.check("The mean of the gradients of ten batches is the gradient of the whole, to {wrong:.0e}.", wrong < 1e-15,
            wrong=wrong)  # fmt: skip


def run_on_batches(hill: Hill, size: int, epochs: int):
    function, random = hill.net.gradient().compile(), np.random.default_rng(5)

    def slope(x, rows):
        cost, gradients = function(hill.flat.parameters(x), hill.X[rows], hill.y[rows])
        return cost, hill.flat.flatten(gradients)

    x = hill.flat.start
    parts = np.split(random.permutation(len(hill.X)), len(hill.X) // size)
    wrong = float(np.abs(np.mean([slope(x, rows)[1] for rows in parts], axis=0) - hill.gradient(x)).max())
    costs, raised = [hill.cost(x)], []
    for _ in range(epochs):
        for rows in np.split(random.permutation(len(hill.X)), len(hill.X) // size):
            cost, g = slope(x, rows)
            x = x - RATE * g
            costs.append(hill.cost(x))
            raised.append((slope(x, rows)[0] > cost, costs[-1] > costs[-2]))
    counts = []
    for part in np.split(np.arange(epochs), 3):
        chosen = raised[part[0] * 10 : (part[-1] + 1) * 10]
        counts.append((f"{part[0] + 1} to {part[-1] + 1}", len(chosen), *(int(n) for n in np.sum(chosen, axis=0))))
    return counts, wrong, costs[0], costs[-1]


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(6)
    a, b = (int(n) for n in random.permutation([2, 4, 6, 8])[:2])
    u, w = (int(n) for n in random.integers(1, 4, 2))
    with c.exercise() as solution:
        c.say("""The cost is $C = 1/2*({a}*p^2 + {b}*q^2)$, and we are at $p = {u}$, $q = {w}$. What is the gradient
              there? By how much does a step with $eta = 0.1$ change the cost, to first order, to second order, and in
              truth?""",
              a=a, b=b, u=u, w=w)  # fmt: skip
        solution()
        bowl = symnn.diff(f"({a}*p^2 + {b}*q^2)/2", ["p", "q"], shapes={"p": (), "q": ()})
        value, slopes = bowl.compile()(p=u, q=w)
        g = np.array([slopes["p"].item(), slopes["q"].item()])
        first = -0.1 * g @ g
        second = first + 0.005 * (a * g[0] ** 2 + b * g[1] ** 2)
        truth = bowl.compile()(p=u - 0.1 * g[0], q=w - 0.1 * g[1])[0] - value
        c.say("""The gradient has the entries {g[0]:g} and {g[1]:g}. To first order the cost changes by $-0.1$ times
              {length:g}, that is by {first:.2f}. The Hessian has {a} and {b} on its diagonal and else zeros, so the
              second order adds {more:.2f}: {second:.2f}. In truth it is {truth:.2f}, the same: a cost that is
              quadratic has no third order.""",
              g=g, length=g @ g, first=first, a=a, b=b, more=second - first, second=second, truth=truth)  # fmt: skip
        c.check("Exercise 1: the cost changes by {truth:.2f}, as foretold to second order.",
                abs(truth - second) < 1e-12, truth=truth)  # fmt: skip
    with c.exercise() as solution:
        c.say("""With which learning rate does the step lower the cost most, to second order, and by how much? Write
              $P$ for $g' * g$ and $Q$ for $g' * H*g$, both positive.""")
        solution()
        c.say("The slope of the parabola $-eta*P + 1/2*eta^2*Q$ is zero for $eta = P/Q$, half of $etamax$. There it is")
        c.chain(
            ("-(P/Q)*P + 1/2*(P/Q)^2*Q = -(P^2/Q) + P^2/(2*Q)", "multiplied out"),
            ("= -(P^2/(2*Q))", "half of what the first order promises"),
            ranges={"P": (0.5, 3), "Q": (0.5, 3)},
        )
        c.check("Exercise 2: at $P/Q$ the change is half of that to first order, to 50 digits.", True)
    with c.exercise() as solution:
        c.say("""Many optimizers give every parameter a learning rate of its own: they step by $-(r .* g)$, with a
              column $r$ of positive numbers, each times the entry of $g$ beside it. Does such a step still go down?""")
        solution()
        c.say("To first order, yes, by")
        c.chain(
            ("g'*(-(r .* g)) = -sum(r[i]*g[i]^2, i)", "entry by entry"),
            ("≤ 0", "no $r_i$ is negative, and no square"),
            ranges={"r": (0, 3)},
        )
        c.say("Every parameter takes off its own square. It is no longer the steepest way, but a way down.")
        x = (hill := Hill()).flat.start
        g, own = hill.gradient(x), np.random.default_rng(7).uniform(0.5, 2, len(x))
        foretold, got = -1e-4 * np.sum(own * g**2), hill.cost(x - 1e-4 * own * g) - hill.cost(x)
        c.check("Exercise 3: for the network of this chapter such a step changes the cost by {got:.3e}, foretold was "
                "{foretold:.3e}.", abs(got / foretold - 1) < 1e-3, got=got, foretold=foretold)  # fmt: skip


if __name__ == "__main__":
    run(chapter)
