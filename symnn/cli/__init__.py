"""The command line: `symnn train 64-30-10 --data digits`."""

from __future__ import annotations

import click

from symnn.cli.audit import audit_command
from symnn.cli.book import book_command
from symnn.cli.check import check_command
from symnn.cli.code import code_command
from symnn.cli.derive import derive_command
from symnn.cli.diagnose import diagnose_command
from symnn.cli.diff import diff_command
from symnn.cli.draw import draw_command
from symnn.cli.evaluate import evaluate_command
from symnn.cli.group import Commands
from symnn.cli.plot import plot_command
from symnn.cli.predict import predict_command
from symnn.cli.steps import steps_command
from symnn.cli.tour import tour_command
from symnn.cli.train import train_command
from symnn.cli.worksheet import worksheet_command

__all__ = ["main"]


@click.group("symnn", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="symnn", prog_name="symnn", message="%(prog)s %(version)s")
def main() -> None:
    """Derive the gradients of neural networks as equations, and run the same equations."""


main.add_command(derive_command)
main.add_command(diff_command)
main.add_command(steps_command)
main.add_command(check_command)
main.add_command(audit_command)
main.add_command(evaluate_command)
main.add_command(draw_command)
main.add_command(plot_command)
main.add_command(train_command)
main.add_command(predict_command)
main.add_command(diagnose_command)
main.add_command(code_command)
main.add_command(worksheet_command)
main.add_command(book_command)
main.add_command(tour_command)
