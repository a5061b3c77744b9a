"""Where the control sockets of live runs lie."""
from __future__ import annotations

import os
import stat
from pathlib import Path


def folders() -> list[Path]:
    """The folders that `auscult status` looks in, without those that another user could have put there."""
    given = [Path(folder) for folder in os.environ.get("AUSCULT_CONTROL_PATH", "").split(":") if folder]
    if not given:
        home = os.environ.get("XDG_RUNTIME_DIR", "")
        given = [Path(home) / "auscult"] if home.startswith("/") else []
        given += [Path(f"/run/user/{os.geteuid()}/auscult"), Path("/run/auscult"), Path(f"/tmp/auscult-{os.geteuid()}")]
    return [folder for folder in dict.fromkeys(given) if _is_trusted(folder)]


def _is_trusted(folder: Path) -> bool:
    try:
        status = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o022


def find(run: str) -> str:
    """The socket of a run: by its name, or the path of the socket itself. Raises FileNotFoundError."""
    if "/" in run:
        return run
    looked = folders()
    for folder in looked:
        path = folder / f"{run}.sock"
        if path.is_socket():
            return str(path)
    places = ", ".join(map(str, looked)) or "no folder of this user"
    raise FileNotFoundError(f"no run '{run}' is live (looked in {places}); start it with auscult run")
