"""Families on a page: how z_t and h_{t−1} are written, for the tensors that stand for z_1, z_2, … and h_0, h_1, …"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symnn.language import Adjoint, Program
from symnn.views.families import Folding, split_name
from symnn.views.labels import Labelling
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.notation import Mark
from symnn.writing.scope import PageLetters


def writer_of_families(writer: ExpressionWriter, folding: Folding) -> ExpressionWriter:
    """Return a writer that knows the symbols of a folding's general equations too."""
    if not folding.members:
        return writer
    names = writer.names
    tensors = folding.program.tensors
    marks = {
        name: _with_letter(names.marks[member.example], member.number, running(folding.letter, member.offset))
        for name, member in folding.members.items()
        if member.example in names.marks
    }
    like = {name: member.example for name, member in folding.members.items()}
    made = ExpressionWriter(writer.dialect, names.with_tensors(tensors, marks, like))
    made.base, made.page = writer.base, PageLetters(frozenset({folding.letter}))
    return made


def writer_of_labels(writer: ExpressionWriter, labelling: Labelling) -> ExpressionWriter:
    """Return a writer that knows the symbols of a labelling's tensors too: q⁽ʰ⁾."""
    if not labelling.labels:
        return writer
    names = writer.names
    marks = {
        made: _labelled(names.marks[name], labelling.letter)
        for made, name in labelling.labels.items()
        if name in names.marks
    }
    made_names = names.with_tensors(labelling.program.tensors, marks, labelling.labels)
    made_writer = ExpressionWriter(writer.dialect, made_names)
    made_writer.base, made_writer.page = writer.base, writer.page
    return made_writer


def _labelled(mark: Mark, letter: str) -> Mark:
    return replace(mark, layer=f"{mark.layer},{letter}" if mark.layer else letter)


def running(letter: str, offset: int) -> str:
    """Return t, t−1 or t+1.

    >>> running("t", -1)
    't−1'
    """
    if not offset:
        return letter
    return f"{letter}{'−' if offset < 0 else '+'}{abs(offset)}"


def spoken_of(folding: Folding, labelling: Labelling) -> Program:
    """Return the program that is shown with the adjoints that need words: of a family, one."""
    program, members = labelling.program, folding.members
    families = {split[0] for m in members.values() if not m.offset and (split := split_name(m.example))}
    said: dict[str, Adjoint] = {}
    for name, adjoint in program.adjoints.items():
        member, split = members.get(name), split_name(name)
        if member is not None and member.offset:
            continue
        if member is None and split is not None and split[0] in families:
            continue
        said[name] = adjoint
    return Program(program, program.facts, program.layered, said)


def shown_backward(folding: Folding, backward: Sequence[str]) -> set[str]:
    """Return the backward equations' names, those of families too."""
    known = set(backward)
    return known | {name for name, member in folding.members.items() if member.example in known}


def _with_letter(mark: Mark, number: int, letter: str) -> Mark:
    *front, last = mark.subscript.split(",")
    return replace(mark, subscript=",".join([*front, letter])) if last == str(number) else mark
