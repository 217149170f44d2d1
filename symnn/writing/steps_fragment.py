"""Steps as a fragment of HTML: a list of lines in MathML for each derivative, each with its rule and its reason."""

from __future__ import annotations

from html import escape

from symnn.writing.fragment import equations, formula, said, sentence
from symnn.writing.sections import Section
from symnn.writing.steps import ShownStage, ShownSteps


def steps_fragment(shown: ShownSteps) -> str:
    """Return steps, written for MathML, as a fragment of HTML to be put into any document."""
    blocks = [f"<h2>{escape(shown.title, quote=False)}</h2>"] if shown.title else []
    blocks += ["<h3>Given</h3>", equations(Section("", shown.given))]
    for number, stage in enumerate(shown.stages, 1):
        blocks += [f"<h3>{number}. {formula(stage.heading)}</h3>", _stage(stage)]
    blocks.extend(said(shown.definitions, shown.facts))
    blocks.extend(f"<p>{sentence(note)}</p>" for note in shown.notes)
    return "\n".join(blocks) + "\n"


def _stage(stage: ShownStage) -> str:
    lines = []
    for step in stage.steps:
        mark = f" ({escape(step.mark)})" if step.mark else ""
        shapes = f" {formula(step.shapes)}" if step.shapes else ""
        reason = f"<p><em>{escape(step.rule)}</em>{mark}: {sentence(step.why)}{shapes}</p>"
        lines.append(f"<li>{formula(f'{step.left} = {step.right}', display=True)}{reason}</li>")
    return "<ol>\n" + "\n".join(lines) + "\n</ol>"
