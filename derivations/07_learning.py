"""Learning: images of two kinds, a network that begins by guessing, and what it comes to by rolling downhill."""

from itertools import combinations

import numpy as np
from sklearn.linear_model import LogisticRegression

import symnn
from symnn.teaching.book import Chapter, run
from symnn.teaching.pictures.plots.style import BLUE, ORANGE, new_figure, styled
from symnn.teaching.working import work
from symnn.training import load_data, split

KINDS = (1, 8)
DEALS = 20


def learned(parts):
    net = symnn.mlp("64-8-2", activation=["sigmoid", "softmax"], cost="cross_entropy")
    x, y = parts.training.X / 16, parts.training.y
    others = parts.validation.X / 16, parts.validation.y
    rule = symnn.SGD(learning_rate=0.5)
    return symnn.train(net, x, y, rule, epochs=40, batch_size=10, restarts=5, validation=others)


def learned_by_hand(x, y, W1, b1, W2, b2, random):
    for _ in range(40):
        order = random.permutation(len(x))
        for first in range(0, len(x), 10):
            batch = order[first : first + 10]
            a0, m = x[batch], len(batch)
            a1 = 1 / (1 + np.exp(-(a0 @ W1.T + b1)))
            e = np.exp(a1 @ W2.T + b2)
            delta2 = e / e.sum(axis=1, keepdims=True) - y[batch]
            delta1 = delta2 @ W2 * a1 * (1 - a1)
            W2, b2 = W2 - 0.5 * delta2.T @ a1 / m, b2 - 0.5 * delta2.sum(axis=0) / m
            W1, b1 = W1 - 0.5 * delta1.T @ a0 / m, b1 - 0.5 * delta1.sum(axis=0) / m
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def chapter() -> Chapter:
    c = Chapter(
        "Learning",
        "A duck or a lion? With real images of two kinds a network begins by guessing, rolls down its hill, and is "
        "then asked about images that it has never seen.",
        bold="W x X Y Δ",
    )
    images = load_data("digits").of_classes(*KINDS)
    parts = split(images, seed=0)
    two_kinds(c, images)
    three_parts(c, images, parts)
    fit = learned(parts)
    guessing(c, fit.network, parts)
    one_step(c, fit.network, parts)
    training(c, fit, parts)
    judged = [split(images, seed) for seed in range(DEALS)]
    fits = [fit, *map(learned, judged[1:])]
    never_seen(c, fits, judged)
    certainty(c, fits, judged)
    first_layer(c, fit, parts)
    exercises(c)
    return c


def standard_error(share: float, count: int) -> float:
    return float(np.sqrt(share * (1 - share) / count))


def percent(share: float, count: int) -> str:
    """Return a share with its standard error."""
    return f"{100 * share:.1f} ± {100 * standard_error(share, count):.1f}\u00a0%"


def one_hot(labels):
    return (labels[:, None] == np.array(KINDS)).astype(float)


def two_kinds(c: Chapter, images) -> None:
    c.heading("Two kinds of images")
    c.say(
        """Photographs of ducks and lions are large. Here are smaller images that raise the same question: handwritten
        digits, each of 8 × 8 dots of ink. (They were collected by E. Alpaydin and C. Kaynak, 1998, as “Optical
        Recognition of Handwritten Digits”, and come with scikit-learn.) Each dot is a number between 0, white paper,
        and 1, full of ink: so there are 64 inputs. With every image comes its *label*, what it shows, as a person said
        it. To learn from examples with labels, to be tested on them again and again and to be corrected each time, is
        called *supervised learning*.

        Which two digits are hard to tell apart? A quick way to find out is to look for the best flat cut: add up the
        64 inputs, each times a number, and say one digit if the sum is positive, the other if not. (The numbers are
        those with the least squared error.) Of the {count} pairs of digits these are the three hardest and the
        easiest, with the share of new images that such a cut gets right, on average over ten ways to deal the images
        out:""",
        count=45,
    )
    shares = separable_pairs()
    ordered = sorted(shares, key=lambda pair: shares[pair])
    shown = [*ordered[:3], ordered[-1]]
    c.table(["pair", *(f"{a} and {b}" for a, b in shown)], [["right", *(f"{shares[p]:.1%}" for p in shown)]])
    c.check("Of all 45 pairs of digits, {a} and {b} are the hardest for a flat cut.", ordered[0] == KINDS, a=KINDS[0],
            b=KINDS[1])  # fmt: skip
    c.say(
        "Three pairs are nearly alike. We take the first: our lion will be a {a}, our duck an {b}. There are {n} "
        "images of them; some are clear, some are not:",
        a=KINDS[0], b=KINDS[1], n=len(images),
    )  # fmt: skip
    random = np.random.default_rng(1)
    chosen = [image for kind in KINDS for image in random.permutation(images.X[images.y == kind])[:9]]
    c.picture("images", gallery(chosen, 9), "Nine of each kind, drawn at random: above {a}, below {b}.", width=0.62,
              a=KINDS[0], b=KINDS[1])  # fmt: skip


def separable_pairs() -> dict[tuple[int, int], float]:
    """Return for each pair of digits how many images of the validation parts of ten deals a flat cut gets right."""
    digits, shares = load_data("digits"), {}
    for pair in combinations(digits.classes, 2):
        images, right = digits.of_classes(*pair), []
        for seed in range(10):
            parts = split(images, seed)
            sides = np.where(parts.training.y == pair[0], -1, 1)
            inputs = np.c_[parts.training.X / 16, np.ones(len(sides))]
            cut = np.linalg.solve(inputs.T @ inputs + np.eye(65), inputs.T @ sides)
            sums = np.c_[parts.validation.X / 16, np.ones(len(parts.validation))] @ cut
            right.append(np.mean(np.where(sums > 0, pair[1], pair[0]) == parts.validation.y))
        shares[pair] = float(np.mean(right))
    return shares


def gallery(images, columns: int, titles=()):
    """Return images in rows, ink black, perhaps each with a line above it."""
    rows = -(-len(images) // columns)
    with styled():
        figure = new_figure(0.95 * columns, (1.3 if titles else 0.95) * rows)
        for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
            axes.set_axis_off()
            if place < len(images):
                axes.imshow(np.reshape(images[place], (8, 8)), cmap="Greys", vmin=0, vmax=16, interpolation="nearest")
                if titles:
                    axes.set_title(titles[place], fontsize=11)
    return figure


def three_parts(c: Chapter, images, parts) -> None:
    c.heading("Three parts")
    c.say(
        """The images are dealt into three parts, at random, the same share of each kind in every part. Each part has
        one task, and only that one."""
    )
    c.bullets(
        "From the *training part* the network learns. These images, and no others, make the cost that it rolls down.",
        "The *validation part* is watched, not learned from. By it we choose: here, which of five random starts to "
        "keep.",
        "The *test part* is looked at once, at the very end. By it we judge.",
    )
    rows = [
        [name, *(str(np.sum(part.y == kind)) for kind in KINDS), str(len(part))]
        for name, part in vars(parts).items()
    ]  # fmt: skip
    c.table(["part", *(f"images of {kind}" for kind in KINDS), "together"], rows)
    c.say(
        """Why so strict? A pupil who has seen the answers can repeat them without having understood anything. With as
        many weights as ours a network can learn its images by heart, and be right about every one of them. How good it
        is shows on images that it has never seen. And what was used to choose is no longer new: that is why there are
        three parts, and not two."""
    )
    known = [{image.tobytes() for image in part.X} for part in (parts.training, parts.validation, parts.test)]
    apart = all(not one & other for one, other in combinations(known, 2))
    c.check("No image is in two of the three parts, and together they are all {n}.",
            apart and sum(map(len, known)) == len(images), n=len(images))  # fmt: skip


def guessing(c: Chapter, network, parts) -> None:
    c.heading("Before it has learned")
    part, seeds = parts.validation, 400
    target = one_hot(part.y)
    shares = []
    for seed in range(seeds):
        answers = network.evaluate(network.initial_parameters(seed=seed), part.X / 16, target)["a2"]
        shares.append(np.mean(answers.argmax(axis=1) == target.argmax(axis=1)))
    mean, error = np.mean(shares), np.std(shares) / np.sqrt(seeds)
    count = sum(int(np.prod(shape)) for shape in network.parameters.values())
    c.say(
        """The network takes 64 inputs, has eight neurons in the middle and two outputs, with {count} weights and
        biases in all. The two outputs go through softmax, so that they add up to 1 and can be read as certainties
        (chapter 2); the cost is the cross-entropy (chapter 3). To begin with the weights are random numbers. What are
        such a network's answers worth? We made {seeds} of them, and asked each about the validation images. On average
        {mean:.1%} of the answers are right, ± {error:.1%}: as good as tossing a coin. A single one may do worse or
        better by luck: they lie between {low:.0%} and {high:.0%}.""",
        count=count, seeds=seeds, mean=mean, error=error, low=min(shares), high=max(shares),
    )  # fmt: skip
    c.check("{seeds} untrained networks are right {mean:.1%} of the time on average; 50 % is {off:.1f} standard errors "
            "away.", abs(mean - 0.5) < 3 * error, seeds=seeds, mean=mean, off=abs(mean - 0.5) / error)  # fmt: skip


def one_step(c: Chapter, network, parts) -> None:
    c.heading("One step")
    gradient = network.gradient()
    c.say(
        """These are the equations that will train it, for a batch of $m$ images at once; chapter 6 derives them. A row
        of $X$ is an image, the same row of $Y$ says what it shows, 1 for its kind and 0 for the other, and a row of
        $Δ^(l)$ is the error $δ^(l)$ of that image."""
    )
    c.equations(gradient, batch=True, defined=False)
    c.audit(gradient, "The gradient of the network")
    c.say("The gradient says for each weight and each bias how steep the cost is. A step downhill is the same for all:")
    c.update(symnn.SGD(learning_rate=0.5))
    rate, cost_and_gradient = 0.5, gradient.compile()
    inputs, targets = parts.training.X / 16, one_hot(parts.training.y)
    few = np.random.default_rng(0).permutation(len(inputs))[:10]
    before = network.initial_parameters(seed=0)
    cost, slopes = cost_and_gradient(before, inputs[few], targets[few])
    after = {name: before[name] - rate * slopes[name] for name in before}
    steep = sum(float(np.sum(slope**2)) for slope in slopes.values())
    costs = [network.evaluate(at, x, y)["C"] for at in (before, after)
             for x, y in ((inputs[few], targets[few]), (inputs, targets))]  # fmt: skip
    c.say(
        """Here $η = {rate}$ is the learning rate. One such step, with ten images, moves all {count} numbers at once,
        such as these:""",
        rate=rate, count=sum(value.size for value in before.values()),
    )  # fmt: skip
    places = [("W1", (0, 4)), ("W2", (1, 2)), ("b2", (0,))]
    labels = ["$w^(1)_15$", "$w^(2)_23$", "$b^(2)_1$"]
    rows = [
        [label, f"{before[name][at]:.5f}", f"{slopes[name][at]:.5f}", f"{after[name][at]:.5f}"]
        for label, (name, at) in zip(labels, places, strict=True)
    ]
    c.table(["$θ$", "before", "$g$", "after"], rows)
    measured = [central_difference(network, before, inputs[few], targets[few], *place) for place in places]
    off = max(abs(slopes[n][at] - m) for (n, at), m in zip(places, measured, strict=True))
    c.say(
        """The cost of these ten images falls from {a:.4f} to {b:.4f}. Chapter 5 foretold the fall as $η$ times the
        square of the gradient's length, {foretold:.4f}, for a short step; this one is not short. The cost of all {n}
        training images, of which the step has seen ten, goes from {d:.4f} to {e:.4f}.""",
        a=costs[0], b=costs[2], foretold=rate * steep, n=len(inputs), d=costs[1], e=costs[3],
    )  # fmt: skip
    tiny = {name: before[name] - 1e-4 * slopes[name] for name in before}
    ratio = (cost - network.evaluate(tiny, inputs[few], targets[few])["C"]) / (1e-4 * steep)
    c.check("The three slopes agree with the cost measured a little to the left and to the right, to {off:.0e}; the "
            "step lowers the cost, and one of η = 0.0001 lowers it by {ratio:.2%} of what the gradient foretells.",
            off < 1e-8 and costs[2] < costs[0] and abs(ratio - 1) < 1e-3, off=off, ratio=ratio)  # fmt: skip


def central_difference(network, parameters, x, y, name: str, at: tuple[int, ...]) -> float:
    found = []
    for change in (1e-5, -1e-5):
        moved = {key: value.copy() for key, value in parameters.items()}
        moved[name][at] += change
        found.append(network.evaluate(moved, x, y)["C"])
    return float(found[0] - found[1]) / 2e-5


def training(c: Chapter, fit, parts) -> None:
    c.heading("Forty times through the images")
    batches = -(-len(parts.training) // 10)
    c.say(
        """To train is to take this step again and again, with the next ten images each time. Once through all training
        images is an *epoch*; then they are shuffled. Forty epochs are {steps} steps. This is the whole program:""",
        steps=40 * batches,
    )
    c.code(learned)
    first, last = fit.history[0], fit.history[-1]
    lowest = min(fit.history, key=lambda one: one["validation_cost"])
    c.say(
        """It is trained from five random starts, and the start is kept whose validation cost is the lowest (chapter 8
        says why one start is not enough). Here is how it went downhill. The way is not smooth: each step looks at ten
        images only. After the first epoch {a:.0%} of the training images were right, after the last {b:.0%}.""",
        a=first["accuracy"], b=last["accuracy"],
    )  # fmt: skip
    c.picture("course", course(fit.history), "Cost and accuracy after each epoch: images that are learned from, and "
              "others.", width=0.8)  # fmt: skip
    c.say(
        """Look at the dashed lines. The validation cost is lowest after epoch {epoch}: {low:.3f}. From then on the
        training cost still falls, to {cost:.3f}, but the validation cost rises again, to {end:.3f}. What the network
        still learns, it learns by heart, and where it is wrong it grows more certain: this is called *overfitting*. Of
        the validation images {then:.1%} were right after epoch {epoch}, and {now:.1%} at the end.""",
        epoch=lowest["epoch"], low=lowest["validation_cost"], cost=last["cost"], end=last["validation_cost"],
        then=lowest["validation_accuracy"], now=last["validation_accuracy"],
    )  # fmt: skip
    known, new = (last[name] / lowest[name] for name in ("cost", "validation_cost"))
    c.check("After epoch {epoch} the training cost falls to {known:.0%}, the validation cost grows to {new:.0%} of "
            "what it was.", known < 1 < new, epoch=lowest["epoch"], known=known, new=new)  # fmt: skip
    c.say(
        """Did the network learn by the equations above, and by nothing else? Here is the same training without symnn:
        every line of the gradient typed by hand, as one had to do it."""
    )
    c.code(learned_by_hand)
    start = fit.network.initial_parameters(seed=fit.seed)
    found = learned_by_hand(parts.training.X / 16, one_hot(parts.training.y), *(start[n] for n in ("W1", "b1", "W2",
                            "b2")), np.random.default_rng([fit.seed, 1]))  # fmt: skip
    off = max(float(np.abs(found[name] - fit.parameters[name]).max()) for name in found)
    c.check("After {steps} steps the weights and biases are those of the loop written by hand, to {off:.0e}.",
            off < 1e-10, steps=40 * batches, off=off)  # fmt: skip
    c.say("From the same start, with the same images in the same order, it comes to the same numbers: no two of them "
          "differ by more than {off:.0e}.", off=off)  # fmt: skip


def course(history):
    epochs = [one["epoch"] for one in history]
    with styled():
        figure = new_figure(8.4, 3.1)
        figure.get_layout_engine().set(wspace=0.08)
        for axes, name, words in zip(figure.subplots(1, 2), ("cost", "accuracy"), ("cost C", "share right"),
                                     strict=True):  # fmt: skip
            axes.plot(epochs, [one[name] for one in history], color=BLUE, linewidth=2, label="training")
            axes.plot(epochs, [one[f"validation_{name}"] for one in history], color=ORANGE, linewidth=2,
                      linestyle="--", label="validation")  # fmt: skip
            axes.set_xlabel("epoch")
            axes.set_ylabel(words)
            axes.legend()
        figure.axes[0].set_ylim(bottom=0)
        figure.axes[1].set_ylim(top=1.01)
    return figure


def never_seen(c: Chapter, fits, judged) -> None:
    c.heading("Images that it has never seen")
    test = judged[0].test
    right = int(np.sum(fits[0].predict(test.X / 16) == test.y))
    share = right / len(test)
    c.say(
        """Now the test part, for the first time. Of its {n} images the network gets {right} right: {share:.1%}. How
        much is that number worth? With other images it would have been another.""",
        n=len(test), right=right, share=share,
    )  # fmt: skip
    c.note(
        "How exact is a share?",
        """Ask $n$ questions, each of which is answered rightly with the chance $p$, and count. The share of right
        answers will not be $p$ exactly. It scatters about $p$, typically by $s = sqrt(p*(1 - p)/n)$, its *standard
        error*: two times out of three it is closer to $p$ than that. Here $s$ is {s:.1%}, so we write {share:.1f} ±
        {s2:.1f} %. There is no use in quarrelling about the digits after that.""",
        s=standard_error(share, len(test)), share=100 * share, s2=100 * standard_error(share, len(test)),
    )  # fmt: skip
    ours, theirs, mean, untrained = [], [], [], []
    for fit, parts in zip(fits, judged, strict=True):
        x, y, new, true = parts.training.X / 16, parts.training.y, parts.test.X / 16, parts.test.y
        ours.append(fit.accuracy(new, true))
        theirs.append(LogisticRegression(max_iter=1000).fit(x, y).score(new, true))
        means = np.stack([x[y == kind].mean(axis=0) for kind in KINDS])
        nearest = ((new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        mean.append(np.mean(np.array(KINDS)[nearest] == true))
        start = fit.network.evaluate(fit.network.initial_parameters(seed=fit.seed), new, one_hot(true))["a2"]
        untrained.append(np.mean(np.array(KINDS)[start.argmax(axis=1)] == true))
    different = len({image.tobytes() for parts in judged for image in parts.test.X})
    c.say(
        """One network is one throw. So the images were dealt anew {deals} times, and each time a network was trained
        and asked. In all, {n} different images were answered by networks that had not seen them. Beside them stand
        other ways on the very same parts: the untrained network; the nearer of the two average images; and logistic
        regression, which is a network without a middle layer, by scikit-learn, a program that knows nothing of symnn
        (F. Pedregosa and others, Scikit-learn: Machine learning in Python, 2011). One thing is not new in any part:
        the people who wrote. The digits of strangers may be harder.""",
        deals=DEALS, n=different,
    )  # fmt: skip
    rows = [
        [name, percent(np.mean(s), different), f"{min(s):.1%}", f"{max(s):.1%}"]
        for name, s in (("before training", untrained), ("nearer average image", mean),
                        ("logistic regression", theirs), ("our network", ours))
    ]  # fmt: skip
    c.table(["", "right", "lowest", "highest"], rows, f"Test images that are right, on average over {DEALS} deals.")
    spread, expected = np.std(ours, ddof=1), standard_error(float(np.mean(ours)), len(test))
    c.check("Over {deals} deals the test accuracy scatters by {spread:.1%}; the formula says {expected:.1%}.",
            expected / 2 < spread < expected * 2, deals=DEALS, spread=spread, expected=expected)  # fmt: skip
    off = abs(np.mean(ours) - np.mean(theirs))
    bound = 2 * standard_error(float(np.mean(ours)), different)
    c.check("Network and logistic regression differ by {off:.1%}: within twice the standard error, {bound:.1%}.",
            off < bound, off=off, bound=bound)  # fmt: skip


def certainty(c: Chapter, fits, judged) -> None:
    c.heading("How sure it is, and whether it may be")
    answers = [
        (image.tobytes(), image, true, KINDS[answer.argmax()], float(answer.max()))
        for fit, parts in zip(fits, judged, strict=True)
        for image, true, answer in zip(parts.test.X, parts.test.y, fit.outputs(parts.test.X / 16), strict=True)
    ]
    wrong = firsts(sorted((one for one in answers if one[2] != one[3]), key=lambda one: -one[4]))
    right = [one for one in answers if one[2] == one[3]]
    unsure = firsts(sorted(right, key=lambda one: one[4]))
    sure = [one for kind in KINDS for one in firsts(sorted((one for one in right if one[2] == kind),
                                                           key=lambda one: -one[4]))[:3]]  # fmt: skip
    c.say(
        """The larger of the two outputs is the answer, and its size is how certain the network is. Here are answers
        from all {deals} deals, all to images that had not been learned from.""",
        deals=DEALS,
    )
    shown = [*wrong, *unsure, *sure]
    titles = [f"{one[3]}: {np.floor(1e4 * one[4]) / 1e4:.4f}" for one in shown]
    c.picture(
        "answers", gallery([one[1] for one in shown], 6, titles),
        "What the network said, and how certain it was. Above: its most certain wrong answers. Middle: right answers "
        "that were nearly coin tosses. Below: its most certain right ones.", width=0.66,
    )  # fmt: skip
    c.say(
        """Chapter 2 read an output of 0.8 as 80 % certain. Is that what it means? Take all answers whose certainty was
        near 0.8, and count how many of them were right: it should be eight out of ten. Here are all answers, sorted by
        certainty:"""
    )
    rows, near = [], (0.75, 0.85)
    for bounds in ((0.5, 0.75), near, (0.85, 0.95), (0.95, 0.99), (0.99, 1.0)):
        inside = [one for one in answers if bounds[0] < one[4] <= bounds[1]]
        said, share, different = tally(inside)
        rows.append([f"{bounds[0]:.2f} to {bounds[1]:.2f}", str(len(inside)), str(different), f"{said:.1%}",
                     percent(share, different)])  # fmt: skip
        if bounds == near:
            n, eighty, held, images = len(inside), said, share, different
    c.table(
        ["certainty", "answers", "images", "said", "right"], rows,
        "How certain the answers were, and how many of them were right. The ± counts every image once, although "
        "several networks answered some of them.",
    )  # fmt: skip
    gap, error = too_sure(answers)
    said, share, _ = tally(answers)
    c.say(
        """Near 0.8 there are {n} answers, to {images} images, and {held:.0%} of them were right. With so few images
        this number is only good to ± {off:.0%}: it agrees with 80 %, and would agree with much else. Taken together
        the answers say more. On average the networks were {said:.1%} certain, and {share:.1%} of the answers were
        right; image by image, they were too sure by {gap:.1f} ± {error:.1f} %. So these images do not tell whether an
        output of 0.8 may be read as a chance of 80 %; they only do not speak against it. More images would tell. And
        the top row shows that answers which were quite certain can be quite wrong.""",
        n=n, images=images, held=held, off=standard_error(held, images), said=said, share=share, gap=100 * gap,
        error=100 * error,
    )  # fmt: skip
    c.check("Answers with a certainty near 0.8, and all answers together, are as often right as they say, within two "
            "standard errors.",
            abs(held - eighty) < 2 * standard_error(held, images) and abs(gap) < 2 * error)  # fmt: skip


def too_sure(answers) -> tuple[float, float]:
    """Return by how much certainty is above being right, averaged over images, and the standard error of that."""
    gaps = {}
    for one in answers:
        gaps.setdefault(one[0], []).append(one[4] - (one[2] == one[3]))
    each = [np.mean(found) for found in gaps.values()]
    return float(np.mean(each)), float(np.std(each, ddof=1) / np.sqrt(len(each)))


def tally(answers) -> tuple[float, float, int]:
    """Return how certain answers are on average, how many are right, and to how many different images they are."""
    return (
        float(np.mean([one[4] for one in answers])),
        float(np.mean([one[2] == one[3] for one in answers])),
        len({one[0] for one in answers}),
    )


def firsts(answers):
    """Return the first six answers of different images."""
    kept = {}
    for one in answers:
        kept.setdefault(one[0], one)
    return list(kept.values())[:6]


def first_layer(c: Chapter, fit, parts) -> None:
    c.heading("What the first layer sees")
    start, end = fit.network.initial_parameters(seed=fit.seed), fit.parameters
    x, y = parts.training.X / 16, parts.training.y
    heard = end["W2"][1] - end["W2"][0]
    average = x[y == KINDS[1]].mean(axis=0) - x[y == KINDS[0]].mean(axis=0)
    c.say(
        """Is the box still black? Each of the eight neurons in the middle has 64 weights, one for each dot. So they
        can be shown as an image. Where it is blue, ink makes the neuron answer louder; where it is red, ink silences
        it. And what does the neuron say with its voice? That stands in the second layer: the weight to the output for
        {b}, minus the weight to the output for {a}. If it is positive, the neuron speaks for {b}.""",
        a=KINDS[0], b=KINDS[1],
    )  # fmt: skip
    titles = [f"{one:+.1f}: for {KINDS[int(one > 0)]}".replace("-", "−") for one in heard]
    shown = [average, *end["W1"][:4], heard @ end["W1"], *end["W1"][4:]]
    names = [f"average {KINDS[1]} − {KINDS[0]}", *titles[:4], "all eight", *titles[4:]]
    c.picture(
        "weights", weight_images(shown, names),
        "On the right the weights of the eight neurons, and how much each speaks for which kind. On the left, above: "
        "where an average {b} has more ink (blue) or less (red) than an average {a}. Below: the eight images, each "
        "times how much it speaks for {b}, added up.", width=0.7, a=KINDS[0], b=KINDS[1],
    )  # fmt: skip
    blank = ~x.any(axis=0)
    likeness = np.corrcoef((heard @ end["W1"])[~blank], average[~blank])[0, 1]
    c.say(
        """Nobody told the network where to look. Yet its neurons, taken together, look where the two kinds differ: the
        correlation of the two images on the left is {likeness:.2f} (1 would be the same image). A single neuron is
        harder to read. It began with random weights, and part of them is still there. Some of them never changed:
        {count} of the 64 dots have no ink in any training image. For such a dot $x_k = 0$, so the slope for its
        weight, $δ_j*x_k$, is 0 in every step. The pale noise at the edges is what the network began with, to the last
        digit.""",
        likeness=likeness, count=int(blank.sum()),
    )  # fmt: skip
    a1 = fit.network.evaluate(end, x)["a1"]
    louder = a1[y == KINDS[1]].mean(axis=0) - a1[y == KINDS[0]].mean(axis=0)
    c.check("The {n} weights of dots without ink never move, bit for bit, all others do; each neuron answers louder "
            "to its kind.",
            np.array_equal(end["W1"] == start["W1"], np.tile(blank, (8, 1)))
            and np.all(np.sign(louder) == np.sign(heard)), n=8 * int(blank.sum()))  # fmt: skip


def weight_images(images, titles):
    with styled():
        figure = new_figure(8.0, 3.7)
        largest = max(np.abs(image).max() for place, image in enumerate(images) if place not in (0, 5))
        for place, axes in enumerate(figure.subplots(2, 5).flat):
            most = np.abs(images[place]).max() if place in (0, 5) else largest
            axes.imshow(np.reshape(images[place], (8, 8)), cmap="RdBu", vmin=-most, vmax=most, interpolation="nearest")
            axes.set_title(titles[place], fontsize=11.5)
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set(visible=True, color="#bbbbbb")
    return figure


def exercises(c: Chapter) -> None:
    random = np.random.default_rng(7)
    a_step_by_hand(c, random)
    with c.exercise() as solution:
        n, first = 100, int(random.integers(86, 90))
        second = first + 4
        c.say("Of {n} new images one program gets {a} right, another one {b}. Is the second better?", n=n, a=first,
              b=second)  # fmt: skip
        solution()
        errors = [standard_error(right / n, n) for right in (first, second)]
        together = float(np.hypot(*errors))
        c.say(
            """The standard errors are {e[0]:.1%} and {e[1]:.1%}. A difference scatters by the root of the sum of their
            squares, here {t:.1%}. The difference that was found, {d:.0%}, is {ratio:.1f} times that: such a thing
            happens by luck too often to be proof. More images are needed.""",
            e=errors, t=together, d=(second - first) / n, ratio=(second - first) / n / together,
        )  # fmt: skip
        thrown = random.binomial(n, first / n, 100_000) / n
        c.check("Exercise 2: in 100,000 throws the share scatters by {found:.2%}; the formula says {e:.2%}.",
                abs(thrown.std() / errors[0] - 1) < 0.01, found=thrown.std(), e=errors[0])  # fmt: skip
    with c.exercise() as solution:
        c.say(
            """Some images are ambiguous: a share $r$ of them is of the first kind, and no one can see which. A network
            says $a$ for the first kind, and 1 − $a$ for the second, of all of them. With the cross-entropy, what
            should it say?"""
        )
        solution()
        c.say("On average the cost is $f = -r*log(a) - (1 - r)*log(1 - a)$. How steep is it?")
        cost = symnn.diff("-r*log(a) - (1 - r)*log(1 - a)", wrt="a", shapes={"r": (), "a": ()})
        c.derivation(cost.steps("a", detail=1), reasons=False)
        inside = {"r": (0.05, 0.95), "a": (0.05, 0.95)}
        c.chain(("(1 - r)/(1 - a) - r/a = (a - r)/(a*(1 - a))", "brought to one denominator"), ranges=inside)
        c.say(
            """The slope is negative while $a < r$, positive when $a > r$: the bottom of the valley is at $a = r$. To
            be honest about one's doubts costs least. That is why an output trained so may be read as a chance, as long
            as the network has not learned its images by heart."""
        )
        r, a = np.meshgrid(np.arange(0.1, 0.95, 0.1), np.arange(0.01, 0.995, 0.01))
        best = (-r * np.log(a) - (1 - r) * np.log(1 - a)).argmin(axis=0)
        c.check("Exercise 3: of $a = 0.01, 0.02, …, 0.99$ the cheapest is $a = r$, for $r = 0.1, 0.2, …, 0.9$.",
                np.allclose(a[best, 0], r[0]))  # fmt: skip


def a_step_by_hand(c: Chapter, random) -> None:
    neuron = symnn.mlp("1-1", activation="sigmoid", cost="binary_cross_entropy")
    start = {"W1": [[random.integers(-4, 4) / 4]], "b1": [0.5]}
    x, y, rate = [random.integers(2, 5) / 2], [1.0], 0.5
    with c.exercise() as solution:
        c.say(
            """A neuron has the weight {w:g} and the bias {b}. It is shown the input {x:g}, and the label is 1. With
            the cross-entropy and η = {rate}, take one step.""",
            w=start["W1"][0][0], b=start["b1"][0], x=x[0], rate=rate,
        )  # fmt: skip
        solution()
        step = work(neuron, {**start, "x": x, "y": y}, learning_rate=rate)
        c.working(step, 4)
        after = step.as_dict()["updated"]
        costs = [float(neuron.evaluate(at, x, y)["C"]) for at in (start, after)]
        w, b = start["W1"][0][0], start["b1"][0]
        a = 1 / (1 + np.exp(-(w * x[0] + b)))
        c.say("The cost falls from {before:.4f} to {after:.4f}.", before=costs[0], after=costs[1])
        c.check("Exercise 1: the new weight is $w - eta*(a - 1)*x$, and the cost has fallen.",
                abs(after["W1"][0][0] - (w - rate * (a - 1) * x[0])) < 1e-14 and costs[1] < costs[0])  # fmt: skip


if __name__ == "__main__":
    run(chapter)
