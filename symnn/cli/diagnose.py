"""`symnn diagnose`: what went wrong in a training, and what it reached."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import click

from symnn.cli.options import data_option, echo_json, json_option, note, target_option
from symnn.cli.plot_subjects import data_for
from symnn.errors import CalculusError, CompileError, DataError
from symnn.training import Certificate, Data, Finding, Fit, Model, load_model, split

_SECONDS = 1e7
"""With so many parameters times examples at most, the Hessian is looked at unasked: that takes seconds."""
_SAME_COST = 1e-3


@click.command("diagnose")
@click.argument("model", metavar="MODEL.npz")
@data_option
@target_option
@click.option(
    "--certify/--no-certify",
    default=None,
    help="Say whether a minimum, a saddle or a plateau was reached  [default: where that takes seconds]",
)
@json_option
def diagnose_command(model: str, data: str, target: str | None, certify: bool | None, as_json: bool) -> None:
    """Say what went wrong in a training, with what to do, and what it reached: a minimum, a saddle, a plateau.

    Give the data that it was trained on: it is split as in the training, and the model is judged by the
    examples that it learned from.
    """
    trained = load_model(model)
    subject = _subject(trained, data, target)
    wanted = subject.is_quick if certify is None else certify
    findings = subject.fit.diagnose(validation=subject.validation, brief=not wanted)
    certificate = _certificate(subject.fit, asked=certify is True) if wanted else None
    if as_json:
        echo_json(_as_json(model, subject, findings, certificate))
        return
    click.echo(f"{_called(trained, model)} · {subject.said}")
    for text in subject.lacking:
        note(f"symnn: {text}")
    click.echo(_summary(subject))
    click.echo(_told(findings))
    if certificate is not None:
        click.echo(str(certificate))
    elif certify is None:
        note("symnn: the Hessian was not looked at, which takes long here: --certify does")


@dataclass(frozen=True, eq=False)
class _Subject:
    """A model as it is judged.

    Attributes:
        fit: its training, with the examples that it is judged by.
        validation: inputs and targets as the network sees them that it did not learn from, or None.
        counts: how many examples these are.
        said: what it is judged by, in words.
        lacking: what cannot be judged, and why.
    """

    fit: Fit
    validation: tuple[Any, Any] | None
    counts: dict[str, int]
    said: str
    lacking: tuple[str, ...]

    @property
    def is_quick(self) -> bool:
        parameters = sum(value.size for value in self.fit.parameters.values())
        return parameters * self.counts["training"] <= _SECONDS


def _subject(model: Model, spec: str, target: str | None) -> _Subject:
    """Return a model with the parts of the data that it was trained on, or with all of other data."""
    data = data_for(model, spec, target)
    assert data is not None  # as it was named
    for seed in _seeds(model):
        try:
            parts = split(data, seed)
        except DataError:
            break
        fit = model.fit(parts.training.X, parts.training.y)
        if not _is_same(model, data, fit):
            continue
        counts = {"training": len(parts.training), "validation": len(parts.validation)}
        if data.whole:
            counts, said = {"training": len(data)}, f"judged by all {len(data)} examples of {data.name}"
            return _Subject(fit, None, counts, said, _lacking(model))
        said = (
            f"judged by the {counts['training']} training and {counts['validation']} validation examples of "
            f"{data.name}, split by seed {seed}"
        )
        return _Subject(fit, _seen(model, parts.validation), counts, said, _lacking(model))
    fit = model.fit(data.X, data.y)
    said = f"judged by all {len(data)} examples of {data.name}"
    return _Subject(fit, None, {"training": len(data)}, said, (_other(model, fit), *_lacking(model)))


def _seeds(model: Model) -> list[int]:
    """Return the seeds by which the data may have been split; earlier versions kept that of the best start alone."""
    kept = (model.information.get(name) for name in ("split_seed", "seed"))
    return list(dict.fromkeys(seed for seed in kept if type(seed) is int and seed >= 0))


def _is_same(model: Model, data: Data, fit: Fit) -> bool:
    """Whether the examples are those of the training: they have the same cost, or where it is not known, the name."""
    cost = model.number("train_cost")
    if cost is not None:
        return math.isclose(fit.cost, cost, rel_tol=_SAME_COST, abs_tol=1e-9)
    return model.information.get("data") == data.name


def _other(model: Model, fit: Fit) -> str:
    cost = model.number("train_cost")
    if cost is None:
        return "the model does not say what it learned from: it is judged by all examples"
    if math.isclose(fit.cost, cost, rel_tol=_SAME_COST, abs_tol=1e-9):
        return "the model learned from all of these examples: nothing shows overfitting but its history"
    return (
        f"these are not the examples that it learned from, as they are: the cost was {cost:.4g} in training, and is "
        f"{fit.cost:.4g} here"
    )


def _lacking(model: Model) -> tuple[str, ...]:
    known, said = model.information, []
    if known.get("learning_rate") is None and known.get("optimizer") != "LBFGS":
        said.append("the model does not say its learning rate: whether that was too large is seen by the cost alone")
    if not model.history.get("cost"):
        said.append("the model has no history: whether its cost rose cannot be seen")
    return tuple(said)


def _seen(model: Model, part: Data) -> tuple[Any, Any]:
    return model.scaled(part.X), model.targets_for(part.y)


def _certificate(fit: Fit, asked: bool) -> Certificate | None:
    """Return the certificate, or None where there is none to have and none was asked for."""
    try:
        return fit.certify()
    except (CalculusError, CompileError):
        if asked:
            raise
        return None


def _called(model: Model, path: str) -> str:
    description = model.network.description
    called = description.get("architecture") or description["name"]
    return f"{path}: {called}, trained on {model.information.get('data', 'data unknown')}"


def _summary(subject: _Subject) -> str:
    return f"the training cost is {subject.fit.cost:.4g}{_beside(subject)}"


def _beside(subject: _Subject) -> str:
    """Return how the training did on examples that it did not learn from."""
    fit = subject.fit
    if subject.validation is None:
        return ""
    accuracy = f", accuracy {fit.accuracy(*subject.validation):.4f}" if fit.targets.classes is not None else ""
    return f", the validation cost {fit.cost_of(*subject.validation):.4g}{accuracy}"


def _told(findings: list[Finding]) -> str:
    """Return the findings, numbered where there are several, each with its remedy below."""
    if not findings:
        return "nothing wrong was found"
    lines = []
    for number, finding in enumerate(findings, 1):
        count = f"{number}. " if len(findings) > 1 else ""
        lines += [f"{count}{finding.name}: {finding.sentence}", f"{' ' * len(count)}→ {finding.remedy}"]
    if len(findings) > 1:
        lines.append("see to the first and train anew: the others may follow from it")
    return "\n".join(lines)


def _as_json(
    path: str, subject: _Subject, findings: list[Finding], certificate: Certificate | None
) -> dict[str, Any]:
    reached = None
    if certificate is not None:
        limit = {"largest_learning_rate": certificate.largest_learning_rate, "sentence": str(certificate)}
        reached = {**asdict(certificate), **limit}
    return {
        "model": path,
        "examples": subject.counts,
        "judged_by": subject.said.removeprefix("judged by "),
        "cost": subject.fit.cost,
        "findings": [asdict(finding) for finding in findings],
        "certificate": reached,
        "notes": list(subject.lacking),
    }
