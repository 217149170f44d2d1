"""`symnn train`: a network and a data set in, a trained model and its test accuracy out."""

from __future__ import annotations

import shlex
import sys
import warnings
from typing import Any

import click

from symnn.cli.comparing import check_comparison, report_comparison
from symnn.cli.group import one_line
from symnn.cli.options import (
    activation_option,
    backend_option,
    cost_option,
    dtype_option,
    echo_json,
    given_options,
    json_option,
    note,
    output_option,
    penalty_options,
    refuse_overwriting,
    resumed_options,
    scale_option,
    seed_option,
    target_option,
    weights_option,
)
from symnn.cli.resuming import check_checkpoint, recalled, remembered, remembered_output
from symnn.cli.training_work import (
    EPOCHS,
    ITERATIONS,
    STEPS,
    Work,
    check_optimizer,
    default_epochs,
    optimizers_of,
    prepared,
    rates_of,
    report,
)
from symnn.errors import InputError
from symnn.starting import INTERRUPTED
from symnn.training import OPTIMIZERS, Fit, save_model
from symnn.training.checkpoints import Checkpoints
from symnn.training.loop import begun
from symnn.training.models import check_model_path
from symnn.training.optimizers import KINDS
from symnn.training.plan import check_settings
from symnn.training.rates import RateComparison

_BATCH_SIZE = 10


@click.command("train")
@resumed_options
@target_option
@scale_option
@activation_option
@cost_option
@penalty_options
@weights_option
@click.option("--optimizer", type=click.Choice(OPTIMIZERS), default="sgd", show_default=True)
@click.option(
    "--learning-rate",
    metavar="η[,η…]",
    help="The step size; several are compared  [default: by optimizer, cost and activation]",
)
@click.option(
    "--schedule",
    metavar="NAME|FORMULA",
    default=KINDS[0],
    show_default=True,
    help=f"How the step size goes on: {', '.join(KINDS)}, or a formula of the step t such as eta/sqrt(t).",
)
@click.option("--warmup", type=int, metavar="STEPS", default=0, help="How many steps the step size takes to rise.")
@click.option("--epochs", type=int, help=f"[default: {EPOCHS}, or what makes {STEPS} steps; for lbfgs {ITERATIONS}]")
@click.option("--batch-size", type=int, default=_BATCH_SIZE, show_default=True)
@click.option("--restarts", type=int, default=1, show_default=True, help="Random starts; validation cost picks one.")
@seed_option
@dtype_option
@backend_option
@click.option("--checkpoint", metavar="FILE", help="Keep all that the training is in this file (.npz), to go on from.")
@click.option("--every", default="60", show_default=True, metavar="SECONDS|'N steps'", help="How often it is kept.")
@click.option("--resume", metavar="FILE", help="Go on from a checkpoint: to the same bits, with no other options.")
@output_option("Save the trained model (.npz); of several learning rates, also a plot of them (.svg, .png, .pdf).")
@json_option
def train_command(output: str | None, as_json: bool, resume: str | None, **options: Any) -> None:
    """Train a network such as 64-30-10 and test it on examples that it has not seen.

    The data is split by the seed into training, validation and test parts (60, 20 and 20 %), and
    scaled by what the training part alone says.
    """
    checkpoint, every = options["checkpoint"] or resume, options["every"]
    if resume is not None:
        options, kept = recalled(resume, train_command)
        output = remembered_output(kept) if output is None else output
    _check(options, output, checkpoint)
    keeper = _keeper(checkpoint, every, kept if resume is not None else remembered(output))
    work = prepared(options["architecture"], options)
    epochs = options["epochs"] or default_epochs(len(work.parts.training), options["batch_size"], options["optimizer"])
    optimizers = optimizers_of(work, epochs, options)
    training, keeper = begun(
        work.network,
        *work.training,
        optimizers=optimizers,
        epochs=epochs,
        batch_size=options["batch_size"],
        seed=options["seed"],
        restarts=options["restarts"],
        validation=work.validation,
        dtype=options["dtype"],
        backend=options["backend"],
        classes=work.data.classes,
        checkpoint=keeper,
        resume=resume,
    )
    if not as_json:
        options["backend"] = training.plan.settings.backend  # "auto" has become one
        click.echo(work.headline(options["architecture"], optimizers, epochs, options))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        training.run(progress=True, keeper=keeper)
    for text in dict.fromkeys(str(one.message) for one in caught):
        note(f"symnn: {one_line(text)}")
    fits = training.fits()
    if len(optimizers) > 1:
        stopped = report_comparison(work, RateComparison(tuple(fits), watched=True), output, as_json)
    else:
        stopped = _report_one(work, fits[0], options["data"], output, as_json)
    if stopped is None:
        return
    note(f"symnn: {one_line(stopped)}")
    interrupted = stopped.startswith("interrupted")
    if interrupted and keeper is not None:
        note(f"symnn: it goes on with: symnn train --resume {shlex.quote(str(keeper.path))}")
    sys.exit(INTERRUPTED if interrupted else 1)


def _check(options: dict[str, Any], output: str | None, checkpoint: str | None) -> None:
    """Raise for what is missing or makes no sense, before anything is done."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in ("architecture", "data") and options[parameter.name] is None:
            raise click.MissingParameter(ctx=context, param=parameter)
    check_optimizer(options)
    check_settings(
        EPOCHS if options["epochs"] is None else options["epochs"],
        options["batch_size"], options["restarts"], options["seed"], options["dtype"],
    )  # fmt: skip
    refuse_overwriting(output)
    check_checkpoint(checkpoint, output, options)
    if output is None:
        return
    if len(rates_of(options["learning_rate"])) > 1:
        check_comparison(output)
    else:
        check_model_path(output)


def _keeper(path: str | None, every: str, information: dict[str, Any]) -> Checkpoints | None:
    if path is None and "every" in given_options():
        raise InputError("--every says how often a checkpoint is written: give --checkpoint FILE")
    return None if path is None else Checkpoints(path, every, information)


def _report_one(work: Work, fit: Fit, data: str, output: str | None, as_json: bool) -> str | None:
    """Save and report what a training came to; return why it ended before its time, or None."""
    results = work.results(fit)
    if output is not None and fit.epochs:
        save_model(output, work.model(fit, results))
    elif output is not None:
        note(f"symnn: nothing was learned: {output} was not written")
        output = None
    echo_json({**results, "model": output}) if as_json else click.echo(report(results, output))
    _hint(fit, output, data)
    return fit.stopped


def _hint(fit: Fit, output: str | None, data: str) -> None:
    """Say in one line what clearly went wrong, where something did."""
    found = fit.hint() if fit.stopped is None else None  # else the reason is said already
    if found is not None:
        command = "" if output is None else f"symnn diagnose {shlex.quote(output)} --data {shlex.quote(data)}"
        more = f" ({command} says more)" if command else ""
        note(f"symnn: hint: {found}{more}")
