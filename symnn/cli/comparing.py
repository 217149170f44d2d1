"""Several learning rates at the command line: one table, one plot, and the model of the best."""

from __future__ import annotations

import click

from symnn.cli.options import echo_json, ending_of, note
from symnn.cli.training_work import Work, report
from symnn.errors import InputError, suggest
from symnn.teaching.pictures.plots import plot_rates
from symnn.teaching.pictures.plots.style import check_matplotlib, written
from symnn.training import check_writable, save_model, write_atomically
from symnn.training.models import columns_of
from symnn.training.rates import RateComparison

_PICTURES = (".svg", ".png", ".pdf")


def check_comparison(output: str) -> None:
    """Raise where neither the best model nor a plot can be written to a file."""
    ending = ending_of(output)
    if ending not in (".npz", *_PICTURES):
        raise InputError(f"-o {output!r}: unknown ending {ending!r}{suggest(ending, (*_PICTURES, '.npz'))}")
    check_writable(output)
    if ending in _PICTURES:
        check_matplotlib()


def report_comparison(work: Work, compared: RateComparison, output: str | None, as_json: bool) -> str | None:
    """Save and report what learning rates came to; return why all of it ended before its time, or None."""
    best = compared.best
    results = work.results(best)
    picture = output is not None and ending_of(output) in _PICTURES
    if output is not None and picture and any(fit.history for fit in compared.fits):
        figure = plot_rates(compared, data=work.data.name)
        write_atomically(output, written(figure, ending_of(output)))
    elif output is not None and not picture and best.epochs:
        save_model(output, work.model(best, results))
    elif output is not None:
        note(f"symnn: nothing was learned: {output} was not written")
        output = None
    if as_json:
        rates = [
            {**row, "restarts": fit.restarts, "history": columns_of(fit.history)}
            for row, fit in zip(compared.rows(), compared.fits, strict=True)
        ]
        written_to = {"model": None if picture else output, "plot": output if picture else None}
        echo_json({**results, "learning_rates": rates, **written_to})
    else:
        said = f"learning rate {best.learning_rate:g} is best, by validation cost"
        wrote = [] if output is None else [f"{'wrote' if picture else 'saved'} {output}"]
        click.echo("\n".join([compared.text(), "", f"{said}:", report(results, None), *wrote]))
    if compared.stopped is not None or any(fit.stopped is None for fit in compared.fits):
        return compared.stopped
    return best.stopped
