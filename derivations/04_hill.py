"""The hill: the cost against the weights of a small network on real flowers, and a ball that rolls down it in steps."""

import math
from itertools import pairwise

import numpy as np

import symnn
from symnn.calculus import batch_program
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures import diagram_of
from symnn.teaching.pictures.plots import Entry, Landscape, descend, draw_hill, hill_of
from symnn.teaching.pictures.plots.style import BLUE, GREEN, ORANGE, PURPLE, new_figure, styled
from symnn.training import Data, Model

WEIGHT = Entry("W2", (1, 2))
START, SMALL, GOOD, LARGE = 8.0, 0.5, 10.0, 60.0
PLACE, ROLLS = 4.0, 12


def chapter() -> Chapter:
    c = Chapter(
        "The hill",
        "How a network gets better: its cost is a hill, we stand on it in the fog, feel the slope under our feet, and "
        "take a step down. Then another.",
    )
    X, y = flowers()
    net = symnn.mlp("2-2-1", cost="binary_cross_entropy")
    first = net.initial_parameters(seed=2)
    hill = Landscape(net, first, X, y, (WEIGHT,))
    one_weight(c, net, first, hill, X, y)
    slope_here(c, hill)
    steps_down(c, hill, first, X, y)
    learning_rates(c, hill, net, first, X, y)
    parabola(c)
    two_weights(c, net, first, X, y)
    all_weights(c, net, first, X, y)
    as_low_as_it_goes(c, net, first, X, y)
    exercises(c)
    return c


def flowers():
    """Return length and width of the petals of 100 irises, standardized, and which kind each is: 0 or 1."""
    data = symnn.load_data("iris")
    kept = data.y != "setosa"
    X = data.X[kept][:, 2:]
    return (X - X.mean(axis=0)) / X.std(axis=0), (data.y[kept] == "virginica").astype(float)[:, None]


def cost_of(parameters, X, y):
    """The cost, written out with NumPy, without symnn: to check by."""
    a = X
    for layer in (1, 2):
        a = 1 / (1 + np.exp(-(a @ parameters[f"W{layer}"].T + parameters[f"b{layer}"])))
    return -np.mean(np.sum(y * np.log(a) + (1 - y) * np.log(1 - a), axis=1))


def with_weight(parameters, value):
    """Return the parameters with another value of the one weight."""
    moved = {name: np.array(array) for name, array in parameters.items()}
    moved[WEIGHT.name][WEIGHT.position] = value
    return moved


def one_weight(c: Chapter, net, first, hill, X, y) -> None:
    c.heading("The cost against one weight")
    c.say(
        """Here are {count} flowers: irises of two kinds, half of them *versicolor*, half *virginica*. Of each we know
        how long its petals are and how wide; a botanist has said which kind it is (R. A. Fisher, The use of multiple
        measurements in taxonomic problems, 1936). A small network is to learn it: two inputs for length and width,
        two hidden neurons, and one output, the probability of *virginica*. It has {size} numbers of its own, and as
        always in the beginning they are random:""",
        count=len(X), size=sum(value.size for value in first.values()),
    )  # fmt: skip
    c.picture("network", diagram_of(net, first), "The network, with the weights that chance gave it.", width=0.5)
    c.say(
        """Its cost is the cross-entropy of chapter 3, averaged over all flowers. Now we hold eight of the nine numbers
        fast and turn the ninth: the weight $w^(2)_12$ from the second hidden neuron to the output. Call it $w$. For
        each value of $w$ we show the network all {count} flowers, and note the cost. That gives a curve: the
        *hill* of the cost, or rather a cut through it, along one weight.""",
        count=len(X),
    )
    places = np.linspace(-12, 12, 241)
    costs = hill.grid(places)
    c.picture("curve", the_curve(hill, places, costs), "The cost against one weight. Chance put the network on a "
              "slope; the valley is to the left. The ball starts further up, at {start:g}.", width=0.56,
              start=START)  # fmt: skip
    tried = (-8.0, 0.0, 8.0)
    c.table(["$w$", *(f"{w:g}" for w in tried)], [["cost $C$", *(f"{hill.cost([w]):.4f}" for w in tried)]])
    wrong = max(abs(hill.cost([w]) - cost_of(with_weight(first, w), X, y)) for w in places)
    c.check("The curve is that of the cost written out in NumPy by hand, at {count} places, to {wrong:.0e}.",
            wrong < 1e-11, count=len(places), wrong=wrong)  # fmt: skip
    c.say(
        """Why not just look where the curve is lowest? Because of the number of weights. This picture took {places}
        trials for one weight. To try only ten values of each of the nine, in all combinations, takes {trials:,}
        trials; and a network that reads digits has {many:,} weights and biases. Nobody has ever seen its hill.""",
        places=len(places), trials=10**9, many=parameters_of("784-30-10"),
    )  # fmt: skip


def parameters_of(architecture):
    return sum(math.prod(shape) for shape in symnn.mlp(architecture).parameters.values())


def the_curve(hill, places, costs):
    with styled():
        figure = new_figure(6.4, 3.5)
        axes = figure.add_subplot()
        ground(axes, places, costs)
        low = int(np.argmin(costs))
        axes.plot(places[low], costs[low], "o", color=BLUE, markersize=9, label="lowest point")
        now = hill.now[0]
        axes.plot(now, hill.cost([now]), "D", color="white", markeredgecolor="black", markersize=7,
                  label="where chance put it")  # fmt: skip
        value, slope = hill.slope([START])
        near = np.array([START - 7.0, START + 3.5])
        axes.plot(near, value + slope * (near - START), color=ORANGE, linewidth=1.8, label="slope under the ball")
        axes.plot(START, value, "o", color=ORANGE, markersize=13, markeredgecolor="white", label="the ball")
        axes.set_xlabel("weight $w$")
        axes.set_ylabel("cost $C$")
        axes.legend(loc="upper center")
    return figure


def ground(axes, places, costs):
    axes.fill_between(places, costs, -1, color="#f1f1ef", linewidth=0)
    axes.plot(places, costs, color="#333333", linewidth=2)
    axes.set_xlim(places[0], places[-1])
    axes.set_ylim(0, costs.max() * 1.05)


def slope_here(c: Chapter, hill) -> None:
    c.heading("In the fog")
    c.say(
        """So we have no map. Think of standing on the hill in thick fog. We do not see the valley, but we feel under
        our feet how steep the ground is, and to which side it falls. That is enough for one step.

        How steep is it? Chapter 1 said how to find out: take a small step $h$, see how much the cost has risen, and
        divide the rise by $h$. For the ball at {start:g}, with smaller and smaller steps:""",
        start=START,
    )
    value, slope = hill.slope([START])
    sizes = (1.0, 0.1, 0.01, 0.001)
    rises = [(hill.cost([START + h]) - value) / h for h in sizes]
    c.table(["step $h$", *(f"{h:g}" for h in sizes)], [["rise divided by $h$", *(f"{r:.6f}" for r in rises)]])
    c.say(
        """The numbers settle. What they settle at, symnn can say without a single trial: it derives the slope from
        the network's equations, and puts the numbers in. (How, is the subject of chapter 6.) It says
        {slope:.6f}. The cost rises to the right, by about {slope:.2f} for each unit of $w$; so to get lower, we go
        left.""",
        slope=slope.item(),
    )
    wrong = abs(rises[-1] - slope.item())
    c.check("The slope that is derived is the one that is measured with a step of {h:g}, to {wrong:.0e}.",
            wrong < 1e-5, h=sizes[-1], wrong=wrong)  # fmt: skip


def steps_down(c: Chapter, hill, first, X, y) -> None:
    c.heading("A step against the slope")
    c.say(
        """Where the slope is positive, the hill rises to the right, and we step left; where it is negative, we step
        right. In both cases: against the slope. And where it is steep we may take a larger step than where it is
        nearly flat, for there the valley is near. A rule that does all of this is very short:"""
    )
    c.display("w ← w - eta · slope")
    c.say(
        """The arrow says: the new $w$ is what stands on the right. The Greek letter $eta$ (eta) is the *learning
        rate*: a positive number, chosen by us, that says how boldly we step. This is all there is to *gradient
        descent*, as Cauchy proposed it in 1847 for computing the orbits of planets. Three steps with the learning
        rate {rate:g}, in numbers:""",
        rate=GOOD,
    )
    path = descend(hill, np.array([START]), GOOD, 3)
    rows = []
    for number, (point, cost) in enumerate(zip(path.points[:3], path.costs, strict=False), 1):
        slope = hill.slope(point)[1].item()
        w = point.item()
        rows.append([str(number), f"{w:.4f}", f"{cost:.4f}", f"{slope:.4f}", f"${w:.4f} - {GOOD:g}*{slope:.4f}$",
                     f"{w - GOOD * slope:.4f}"])  # fmt: skip
    c.table(["step", "$w$", "cost", "slope", "$w - eta · slope$", "new $w$"], rows)
    w, h = START, 1e-5
    for _ in range(3):
        w -= GOOD * (cost_of(with_weight(first, w + h), X, y) - cost_of(with_weight(first, w - h), X, y)) / (2 * h)
    wrong = abs(w - path.points[3].item())
    c.check("Three steps with slopes measured in NumPy end at the same place, {w:.4f}, to {wrong:.0e}.",
            wrong < 1e-7, w=w, wrong=wrong)  # fmt: skip
    c.say(
        """The cost has fallen from {before:.2f} to {after:.2f}. It is what a ball does that rolls down a hill, with
        one difference: our ball has no swing. At every step it looks at the ground anew.""",
        before=path.costs[0], after=path.costs[3],
    )  # fmt: skip


def learning_rates(c: Chapter, hill, net, first, X, y) -> None:
    c.heading("Too small, good, too large")
    c.say(
        """The learning rate is ours to choose, and much depends on it. The same ball, from the same place, with three
        learning rates:"""
    )
    paths = {rate: descend(hill, np.array([START]), rate, ROLLS) for rate in (SMALL, GOOD, LARGE)}
    c.picture("rates", three_paths(hill, paths), "The same start with three learning rates, {steps} steps each: it "
              "crawls; it arrives; it jumps over the valley, again and again.", width=1.0, steps=ROLLS)  # fmt: skip
    shown = (0, 1, 2, 3, 4, ROLLS)
    c.table(
        ["cost after step", *map(str, shown)],
        [[f"$eta = {rate:g}$", *(f"{path.costs[k]:.3f}" for k in shown)] for rate, path in paths.items()],
    )
    bottom = descend(hill, np.array([START]), GOOD, 100).points[-1].item()
    c.say(
        """With {small:g} the ball crawls: every step goes down, but after {steps} of them it has hardly moved. With
        {good:g} it is there after four or five. With {large:g} the first step carries it over the valley and far up
        the other side, and from then on it jumps from one side to the other, and never comes to rest.

        Is 10 large or small? By itself, neither. What counts is how strongly the hill bends. At the bottom of our
        valley the slope grows by""",
        small=SMALL, good=GOOD, large=LARGE, steps=ROLLS,
    )  # fmt: skip
    bent = symnn.hessian(batch_program(net.program, ["C"]), "C", ["W2"]).compile()
    k = bent(**with_weight(first, bottom), x=X, y=y)["W2", "W2"][0, 1, 0, 1].item()
    c.display("k = {k:.4f}", k=k)
    c.say(
        """for each unit of $w$; this $k$ is called the *curvature*. The next section shows that a learning rate
        must stay below $2/k$, which is {most:.1f} here. Try it: put the ball a little beside the bottom, and let it
        take 1,000 steps, with a learning rate just below that and one just above.""",
        most=2 / k,
    )
    away = {f: abs(descend(hill, np.array([bottom + 0.01]), f * 2 / k, 1000).points[-1].item() - bottom)
            for f in (0.95, 1.05)}  # fmt: skip
    c.table(
        ["learning rate", "away from the bottom at first", "after 1,000 steps"],
        [[f"{f * 2 / k:.1f}", "0.01", f"{distance:.1e}"] for f, distance in away.items()],
    )
    c.check("On the network's own hill, 5 % below $2/k$ the ball settles at the bottom; 5 % above, it leaves it.",
            away[0.95] < 1e-6 and away[1.05] > 0.1)  # fmt: skip


def three_paths(hill, paths):
    with styled():
        figure = new_figure(7.6, 2.9)
        places = np.linspace(-18, 12, 301)
        costs = hill.grid(places)
        for axes, (rate, path), colour in zip(
            figure.subplots(1, 3, sharey=True), paths.items(), (GREEN, ORANGE, PURPLE), strict=True
        ):
            ground(axes, places, costs)
            axes.plot(path.points[:, 0], path.costs, "o-", color=colour, markersize=4.5, linewidth=1.3)
            axes.plot(path.points[0, 0], path.costs[0], "o", color=colour, markersize=9, markerfacecolor="white")
            axes.plot(path.points[-1, 0], path.costs[-1], "o", color=colour, markersize=9)
            axes.set_title(rf"$\eta = {rate:g}$")
            axes.set_xlabel("weight $w$")
        figure.axes[0].set_ylabel("cost $C$")
    return figure


def parabola(c: Chapter) -> None:
    c.heading("When exactly is it too large?")
    c.say(
        """Near its bottom nearly every valley looks like a parabola. Let the bottom be at $m$ and the curvature be
        $k$. Then, but for a constant, the cost is $C = k*(w - m)^2/2$, and its slope is"""
    )
    slope = symnn.diff("k*(w - m)^2/2", "w", shapes={"k": (), "w": (), "m": ()})
    c.display("slope = k*(w - m)")
    c.audit(slope, "That slope, which symnn derives from the parabola")
    c.say("How far from the bottom is the ball after a step? It stood $w - m$ away from it. Now:")
    c.chain(
        ("w - eta*(k*(w - m)) - m = (w - m) - eta*k*(w - m)", "sorted differently"),
        ("= (1 - eta*k)*(w - m)", "$w - m$ taken out"),
    )
    c.say(
        """Every step multiplies the distance by the same number, $1 - eta*k$. All depends on that number. Between 0
        and 1: the ball comes closer from one side. Zero, at $eta = 1/k$: it is there in a single step. Between −1
        and 0: it jumps over the bottom each time, but comes closer. At −1, where $eta*k = 2$, it jumps to and fro
        for ever; beyond, each jump is longer than the one before. So it settles exactly when $eta*k < 2$. Ten steps
        from a distance of 1, run and foretold:"""
    )
    rows, wrong = parabolas(slope.compile())
    c.table(["$eta*k$", "$1 - eta*k$", "after 10 steps", "$(1 - eta*k)^10$"], rows)
    c.check("On a parabola, ten steps multiply the distance by $(1 - eta*k)^10$, for seven learning rates, to "
            "{wrong:.0e}; the ball comes closer just when $eta*k < 2$.", wrong < 1e-12, wrong=wrong)  # fmt: skip
    c.say(
        """Our network's hill is a parabola at the bottom alone. Further out it becomes straight, and that is why the
        ball with the large learning rate was not thrown higher and higher: the slope out there is bounded. On other
        hills nothing holds it."""
    )


def parabolas(slope):
    rows, errors = [], []
    k, m = 3.0, 0.5
    for product in (0.1, 0.5, 1.0, 1.5, 1.9, 2.0, 2.1):
        w = m + 1
        for _ in range(10):
            w -= product / k * slope(k=k, w=w, m=m)[1]["w"].item()
        factor = 1 - product
        errors.append(abs(w - m - factor**10))
        assert (abs(w - m) < 1 - 1e-9) == (product < 2)
        rows.append([f"{product:g}", f"{factor:.1f}", f"{abs(w - m):.4f}", f"{abs(factor) ** 10:.4f}"])
    return rows, max(errors)


def two_weights(c: Chapter, net, first, X, y) -> None:
    c.heading("Two weights: a landscape")
    c.say(
        """Turn two numbers, and the cost is a landscape over a plane. On paper it is drawn as on a hiker's map: each
        line joins places of equal cost. Here are the weight of before and the bias of the output neuron. There are
        now two slopes, one to the east and one to the north: how steep it is if only the first number is turned,
        and how steep if only the second. Each of the two takes its own step, by the same rule, at the same time."""
    )
    c.say(
        """Four balls start at random places. Each starts straight across the lines of equal cost, for that is the
        steepest way down, as chapter 5 proves. The valley is long and narrow. Across it the ground bends strongly,
        along it hardly at all; one learning rate has to do for both. So two of the balls jump from side to side, while
        the way along the valley takes many small steps. Not every map has only one valley; chapter 8 is about those
        that have more."""
    )
    data = Data("irises", X, y[:, 0].astype(int), (0, 1))
    targets = symnn.train(net, X, y, epochs=1, seed=2).targets
    hill = hill_of(Model(net, first, targets), data, "W2[1,2],b2[1]", starts=4, steps=1500, learning_rate=8.0, seed=1,
                   ranges=[(-24, 8), (-9, 15)])  # fmt: skip
    ends = np.array([path.points[-1] for path in hill.descents])
    spread = float(np.abs(ends - hill.valleys[0]).max()) if len(hill.valleys) == 1 else math.inf
    c.check("The map has one valley, and all four balls end there, to {spread:.0e}.", spread < 1e-2, spread=spread)
    c.picture("contours", draw_hill(hill, captioned=False), "The cost over two numbers as a map, and four balls with "
              "$eta = 8$; all arrive in the same valley.", width=0.48)  # fmt: skip


def all_weights(c: Chapter, net, first, X, y) -> None:
    c.heading("All weights at once: the gradient")
    c.say(
        """With nine numbers there is no picture any more, but nothing else changes. There are nine slopes, one for
        each number. Together they are called the *gradient*, and written $∇ C$. Every number takes its step against
        its own slope. Here they are for our network as chance made it: as symnn derives them, and measured, by
        turning each number by {h:g} up and down and seeing how the cost changes.""",
        h=1e-5,
    )
    _, gradient = net.gradient().compile()(first, X, y)
    rows, wrong = slopes(first, gradient, X, y)
    half = (len(rows) + 1) // 2
    pairs = [left + right for left, right in zip(rows, [*rows[half:], ["", "", ""]], strict=False)]
    c.table(["number", "derived", "measured", "number", "derived", "measured"], pairs)
    c.check("All {count} slopes of the gradient are those that are measured in NumPy, to {wrong:.0e}.", wrong < 1e-9,
            count=len(rows), wrong=wrong)  # fmt: skip
    c.audit(net.gradient(), "The gradient of the network")
    many = parameters_of("784-30-10")
    c.say(
        """If one can measure slopes, why derive them? Because measuring takes a trial of its own for every number:
        one evaluation of the cost where we stand, and one with each number turned. For the network 784-30-10, which
        reads digits, the numbers are"""
    )
    c.display("784*30 + 30 + 30*10 + 10 = {many:,}", many=many)
    c.check("784-30-10 has {many:,} weights and biases.", many == 784 * 30 + 30 + 30 * 10 + 10 == 23860, many=many)
    c.say(
        """so that one single step takes {trials:,} evaluations, and what comes out is not even exact. Calculus gives
        all {many:,} slopes at once, exactly, by going through the network forwards once and backwards once. That is
        what makes it possible at all to train such networks.""",
        many=many, trials=many + 1,
    )  # fmt: skip


def slopes(first, gradient, X, y, h=1e-5):
    rows, errors = [], []
    for name, array in first.items():
        for place in np.ndindex(array.shape):
            sides = []
            for sign in (1, -1):
                moved = {key: np.array(value) for key, value in first.items()}
                moved[name][place] += sign * h
                sides.append(cost_of(moved, X, y))
            measured, derived = (sides[0] - sides[1]) / (2 * h), gradient[name][place]
            errors.append(abs(measured - derived))
            letter, layer, below = name[0].lower(), name[1], "".join(str(p + 1) for p in place)
            rows.append([f"${letter}^({layer})_{below}$", f"{derived:.6f}", f"{measured:.6f}"])
    return rows, max(errors)


def as_low_as_it_goes(c: Chapter, net, first, X, y) -> None:
    c.heading("Until it is as low as it can go")
    rates, steps = (0.02, 1.0, 40.0), 300
    fits = {
        rate: symnn.train(net, X, y, optimizer=symnn.SGD(learning_rate=rate), epochs=steps, batch_size=len(X), seed=2)
        for rate in rates
    }
    before = net.evaluate(first, X, y)["C"].item()
    courses = {rate: [before, *(one["cost"] for one in fit.history)] for rate, fit in fits.items()}
    good = courses[rates[1]]
    right = fits[rates[1]].history[-1]["accuracy"]
    c.say(
        """Now let all nine numbers roll, step after step, {steps} times. In the beginning the cost falls fast, then
        ever more slowly, as the ground gets flat. When it appears to fall no more, we stop.""",
        steps=steps,
    )
    c.picture("course", the_courses(courses), "The cost after each step, for three learning rates. Upwards, each mark "
              "is about twice the one below.", width=0.56)  # fmt: skip
    shown = (0, 1, 10, 50, 100, steps)
    c.table(
        ["cost after step", *map(str, shown)],
        [[f"$eta = {rate:g}$", *(f"{course[k]:.4f}" for k in shown)] for rate, course in courses.items()],
    )
    c.say(
        """With the learning rate {rate:g} the cost went from {first:.4f} to {last:.4f}, and the network, which knew
        nothing, tells {right:.0%} of the flowers right. Nobody told it how.""",
        rate=rates[1], first=good[0], last=good[-1], right=right,
    )  # fmt: skip
    c.check("With $eta = {rate:g}$ each of the {steps} steps lowered the cost.", all(b < a for a, b in pairwise(good)),
            rate=rates[1], steps=steps)  # fmt: skip
    c.say(
        """With {small:g} it crawls, and is still far away. With {large:g} the first step throws the network over the
        valley and up the other side, to a cost of {high:.1f}; that it then comes down again is luck, and it goes on
        jumping. Was this the lowest that the cost can go? The run does not say. It only says that the ground has
        become nearly flat. There may be a deeper valley elsewhere: chapter 8 looks for it.""",
        small=rates[0], large=rates[2], high=max(courses[rates[2]]),
    )  # fmt: skip
    rises = sum(b > a for a, b in pairwise(courses[rates[2]]))
    c.check("With $eta = {rate:g}$, {rises} of the steps raised it.", rises > 0, rate=rates[2], rises=rises)


def the_courses(courses):
    with styled():
        figure = new_figure(6.4, 3.2)
        axes = figure.add_subplot()
        for (rate, course), colour in zip(courses.items(), (GREEN, ORANGE, PURPLE), strict=True):
            axes.plot(course, color=colour, linewidth=1.8, label=rf"$\eta = {rate:g}$")
        axes.set_xlabel("step")
        axes.set_ylabel("cost $C$")
        axes.set_xlim(0, len(course) - 1)
        axes.set_yscale("log")
        axes.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
        axes.minorticks_off()
        axes.legend()
    return figure


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(4)
    m, start, k = int(random.integers(1, 4)), int(random.integers(5, 9)), 2 * int(random.integers(2, 5))
    rate = 1 / (2 * k)
    with c.exercise() as solution:
        c.say("The cost is $C = {half:g}*(w - {m:g})^2$. A ball stands at $w = {start}$. Take three steps with the "
              "learning rate $eta = {rate:g}$. How far from the bottom is it then?", half=k / 2, m=m, start=start,
              rate=rate)  # fmt: skip
        solution()
        path = [float(start)]
        for _ in range(3):
            path.append(path[-1] - rate * k * (path[-1] - m))
        c.say("The slope is ${k}*(w - {m:g})$, the curvature $k = {k}$, and $1 - eta*k$ is {factor:g}: each "
              "step halves the distance. The ball is at {path[0]:g}, {path[1]:g}, {path[2]:g}, {path[3]:g}, and "
              "{left:g} from the bottom.", k=k, m=m, factor=1 - rate * k, path=path, left=path[3] - m)  # fmt: skip
        c.check("Exercise 1: the distance is an eighth, {left:g}.", abs(path[3] - m) == abs(start - m) / 8,
                left=path[3] - m)  # fmt: skip
    with c.exercise() as solution:
        c.say("On the same hill: for which learning rates does the ball settle, and with which is it there at once?")
        solution()
        c.say("It settles for ${k}*eta < 2$, that is for $eta < {most:g}$. With $eta = 1/{k} = {once:g}$ it is at the "
              "bottom after one step.", k=k, most=2 / k, once=1 / k)  # fmt: skip
        left = {f: abs(1 - f * 2) ** 100 for f in (0.99, 1.0, 1.01)}
        far = [start - m for _ in left]
        for place, f in enumerate(left):
            for _ in range(100):
                far[place] -= f * 2 / k * k * far[place]
        c.check("Exercise 2: 1 % below the limit the ball is nearer after 100 steps, 1 % above it is farther away.",
                abs(far[0]) < abs(start - m) < abs(far[2]))  # fmt: skip
    with c.exercise() as solution:
        c.say("""A slope can be measured by a step to both sides: the cost at $w + h$ less that at $w - h$, divided by
              $2*h$. Show that on a parabola this is exactly the slope, for any $h$, and not only for small ones.""")
        solution()
        c.chain(
            "(k*(w + h - m)^2 - k*(w - h - m)^2)/(4*h) = k*((w - m + h)^2 - (w - m - h)^2)/(4*h)",
            ("= k*(4*(w - m)*h)/(4*h)", "the squares cancel, and what is mixed adds up"),
            "= k*(w - m)",
        )
        c.check("Exercise 3: the quotient is $k*(w - m)$, at 20 random places, to 50 digits.", True)


if __name__ == "__main__":
    run(chapter)
