"""A client of a live run: its status, and its streams as iterators."""
from __future__ import annotations

import json
import socket
import time
from typing import Any, Dict, Iterator, Optional

import numpy as np

from . import _sockets

_LONGEST_LINE = 1 << 20
# Of an answer: a run that changes its graph may take its time.
_PATIENCE = 10.0
_PAUSE = 0.05


class RunError(RuntimeError):
    """A live run that refuses a request, does not answer, or has ended."""


class Run:
    """A connection to a live run, by its name or the path of its control socket. A context manager.

        with auscult.Run("watch") as run:
            for item in run.subscribe():
                print(item["kind"])
    """

    def __init__(self, name: str) -> None:
        """Raises FileNotFoundError, OSError."""
        path = _sockets.find(name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._answers = self._socket.makefile("rb")
        self._number = 0

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. The run goes on."""
        self._answers.close()
        self._socket.close()

    def call(self, method: str, **parameters: Any) -> Any:
        """Calls a method of the control protocol (docs/CONTROL.md), and returns its result. Raises RunError."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            line = self._answers.readline(_LONGEST_LINE + 1)
        except socket.timeout:
            raise RunError(f"the run did not answer '{method}' within {_PATIENCE:.0f} s") from None
        except OSError as error:
            raise RunEnded(f"the run has ended ({error})") from None
        if not line.endswith(b"\n"):
            raise RunEnded("the run has ended") if len(line) <= _LONGEST_LINE else RunError("an answer is too long")
        answer = json.loads(line)
        if "result" not in answer:
            raise RunError(answer.get("error", {}).get("message", "the run refused the request"))
        return answer["result"]

    def status(self) -> Dict[str, Any]:
        """The state of the run, its nodes, machines and ports."""
        return self.call("status")

    def subscribe(
        self, node: Optional[str] = None, port: Optional[str] = None, machine: Optional[str] = None,
        most: Optional[float] = None,
    ) -> Subscription:
        """An iterator over the records of the run, or over the tokens of an output of `node`.

        most: the most tokens a second of each channel. Raises RunError.
        """
        given = {"node": node, "port": port, "machine": machine, "most": most}
        return Subscription(self, {name: value for name, value in given.items() if value is not None})


class RunEnded(RunError):
    """The run has ended."""


class Subscription(Iterator[Dict[str, Any]]):
    """Yields items as docs/CONTROL.md describes them; `values` of tokens are arrays, in their shape. Ends with the run.

    Waits for items as long as the run lives.
    """

    def __init__(self, run: Run, parameters: Dict[str, Any]) -> None:
        self._run = run
        self._number = run.call("subscribe", **parameters)["subscription"]
        self._items: list = []
        self._has_more = False
        self._format: Dict[str, Any] = {}
        self.dropped = 0
        """Items that were lost because nobody fetched them in time."""
        self.reason = ""
        """Why it has ended."""

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Dict[str, Any]:
        while not self._items:
            if self.reason:
                raise StopIteration
            self._fetch()
        return self._shaped(self._items.pop())

    def close(self) -> None:
        """Ends the subscription."""
        if not self.reason:
            self.reason = "it was closed"
            self._run.call("unsubscribe", subscription=self._number)

    def _fetch(self) -> None:
        if not self._has_more:
            time.sleep(_PAUSE)
        try:
            answer = self._run.call("fetch", subscription=self._number)
        except RunEnded as error:
            self.reason = str(error)
            return
        self._items = answer.get("items", [])[::-1]
        self.dropped += answer.get("dropped", 0)
        self._has_more = answer.get("more", False)
        if answer.get("state") == "ended":
            self.reason = answer.get("reason") or "the subscription has ended"

    def _shaped(self, item: Dict[str, Any]) -> Dict[str, Any]:
        if item.get("kind") == "format":
            self._format = item
        elif isinstance(item.get("values"), list):
            values = np.array(item["values"], np.float32)
            if item["kind"] == "spectrum":
                values = values.view(np.complex64)
            elif item["kind"] == "slice":
                values = values.reshape(self._format.get("rows", -1), -1)
            item["values"] = values
        return item
