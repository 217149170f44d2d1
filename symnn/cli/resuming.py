"""What a checkpoint remembers of the command that wrote it, so that `symnn train --resume FILE` needs nothing else.

It is kept as that command's own arguments, and read back through the same door as those that somebody types.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import click

from symnn.cli.files import is_file
from symnn.cli.options import given_options
from symnn.errors import DataError, InputError
from symnn.training import BUILT_IN
from symnn.training.checkpoints import information_of

_OWN = ("output", "as_json", "checkpoint", "every", "resume")
"""What each command says for itself."""
_MOST, _LONGEST = 100, 10_000


def remembered(output: str | None) -> dict[str, Any]:
    """Return what a checkpoint keeps of the command that is running; files by their whole paths."""
    context = click.get_current_context()
    given, arguments = given_options(), []
    for option in context.command.params:
        value = context.params.get(str(option.name))
        if isinstance(option, click.Option) and option.name in given and option.name not in _OWN:
            arguments.append(f"{option.opts[0]}={_whole(str(value)) if option.name == 'data' else value}")
    architecture = str(context.params["architecture"])
    arguments += ["--", os.path.abspath(architecture) if is_file(architecture) else architecture]
    return {"arguments": arguments, "output": None if output is None else os.path.abspath(output)}


def recalled(path: str, command: click.Command) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of the command that wrote a checkpoint, and what it remembers.

    Raises:
        DataError: for a file that is no checkpoint of a command.
        InputError: for an option that was given beside `--resume`, and is said by the checkpoint.
    """
    for name in given_options():
        if name not in _OWN:
            flag = "an architecture" if name == "architecture" else f"--{name.replace('_', '-')}"
            raise InputError(f"{flag} does not go with --resume: the checkpoint says what the training is")
    kept = information_of(path)
    arguments, known = kept.get("arguments"), {option for one in command.params for option in one.opts}
    if not isinstance(arguments, list) or len(arguments) > _MOST:
        raise DataError(f"{Path(path).name}: no command wrote this checkpoint: go on with symnn.train(…, resume=…)")
    if not all(isinstance(one, str) and len(one) < _LONGEST for one in arguments) or not _are_options(arguments, known):
        raise DataError(f"{Path(path).name}: the checkpoint is broken: its command is none")
    try:
        context = command.make_context("train", list(arguments))
    except click.ClickException as error:
        raise DataError(f"{Path(path).name}: the checkpoint is broken: {error.format_message()}") from None
    # What refuses to overwrite files looks at the command's own parameters.
    click.get_current_context().params.update({name: context.params[name] for name in ("architecture", "data")})
    return context.params, kept


def remembered_output(kept: dict[str, Any]) -> str | None:
    """Return where the model was to be saved, if nothing else would be overwritten there.

    Raises:
        InputError: where there is another file.
    """
    output = kept.get("output")
    if not isinstance(output, str):
        return None
    if os.path.lexists(output) and not _is_model(output):
        raise InputError(f"{output!r}, where the model was to be saved, is something else now: give -o FILE")
    return output


def check_checkpoint(checkpoint: str | None, output: str | None, options: dict[str, Any]) -> None:
    """Raise InputError where a checkpoint would be written over the data, the equations or the model."""
    for path in (options["data"], options["architecture"], output):
        if checkpoint is not None and path is not None and _is_same(checkpoint, path):
            raise InputError(f"--checkpoint {checkpoint!r} would overwrite {path!r}: give another name")


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _are_options(arguments: list[str], known: set[str]) -> bool:
    """Whether these are options of their own with a value each, and an architecture after them."""
    *options, separator, _ = arguments if len(arguments) > 1 else [*arguments, "", ""]
    own = {f"--{name.replace('_', '-')}" for name in _OWN}
    return separator == "--" and all(one.partition("=")[0] in known - own and "=" in one for one in options)


def _is_model(path: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "model.json" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _whole(data: str) -> str:
    return data if data in BUILT_IN or not os.path.exists(data) else os.path.abspath(data)
