"""Where the model that comes with improv lies: in the installed package, or in the checkout it runs from."""

from __future__ import annotations

from pathlib import Path

from improv.errors import UserError

DEFAULT_MODEL = "default.onnx"


def default_model(package: Path = Path(__file__).parent) -> Path:
    """The path of `default.onnx`; `package` is the folder of the installed package.

    Raises UserError, naming where it was looked for, if it is in neither place.
    """
    places = (package / "models", package.parent / "models")
    for folder in places:
        if (folder / DEFAULT_MODEL).is_file():
            return folder / DEFAULT_MODEL
    looked = " or ".join(str(folder) for folder in places)
    raise UserError(
        f"{DEFAULT_MODEL}: the model that comes with improv is not in {looked}; install again, or name one with --model"
    )
