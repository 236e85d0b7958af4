"""What commands share: libraries they need, files they write."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from improv.errors import UserError


def need(*modules: str) -> None:
    """Raise UserError, with what to install, unless all `modules` are there."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        how = 'pip install "improv-midi[train]" (in a checkout: pip install ".[train]")'
        raise UserError(f"{missing[0]} is not installed; training needs: {how}")


def import_quietly(module: str) -> None:
    """Import with the process' stderr shut: TensorFlow's C++ greets with notices that no setting keeps away."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            # Keras looks for TensorFlow sooner or later, whatever its backend.
            for name in (module, "tensorflow", "keras"):
                if importlib.util.find_spec(name) is not None:
                    importlib.import_module(name)
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def writing(path: Path, write: Callable[[Path], None]) -> None:
    """`write` to `path`; raise UserError, naming it, where the disk refuses."""
    try:
        write(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error
