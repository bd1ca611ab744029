# SPDX-License-Identifier: MIT
"""A client of `overcommit serve`: starts the engine, sends requests, keeps notifications.

    with Engine() as engine:
        engine.call("open", scenario="demo.toml")
        print(engine.advance({"state": "hard"})["time"])

The protocol is described in docs/reference/serve.md.
"""
import collections
import json
import os
import pathlib
import subprocess


class EngineError(Exception):
    """An error that the engine answered: code, message and, for some, data."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data")


def find_engine():
    """OVERCOMMIT, else the one that was built beside this file's tree, else the one that is installed."""
    built = pathlib.Path(__file__).resolve().parents[2] / "build" / "dev" / "overcommit"
    return os.environ.get("OVERCOMMIT") or (str(built) if built.exists() else "overcommit")


class Engine:
    def __init__(self, command=None):
        self.notifications = collections.deque()
        self._answers = {}
        self._asked = 0
        self._process = subprocess.Popen(
            [command or find_engine(), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """The end of its input ends the engine; the trace that it writes is complete then."""
        if not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.stdout.read()
        self._process.stdout.close()
        return self._process.wait()

    def call(self, method, **params):
        """Sends a request and returns its result; what comes meanwhile is kept."""
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        while self._asked not in self._answers:
            self._read()
        answer = self._answers.pop(self._asked)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer["result"]

    def advance(self, until=None):
        """Runs until then, or to the end, and returns what `stopped` told."""
        run = self.call("advance", **({"until": until} if until else {}))["run"]
        return self.next_notification("stopped", lambda stopped: stopped["run"] == run)

    def next_notification(self, method, fits=lambda params: True):
        """The next notification of this name that fits; the others stay in `notifications`."""
        while True:
            for notification in self.notifications:
                if notification["method"] == method and fits(notification["params"]):
                    self.notifications.remove(notification)
                    return notification["params"]
            self._read()

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise EOFError("the engine ended")
        message = json.loads(line)
        if "id" in message:
            self._answers[message["id"]] = message
        elif message["method"] != "progress":  # nobody waits for that
            self.notifications.append(message)
