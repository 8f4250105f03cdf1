"""Firefox driven over its own remote protocol, Marionette: JSON over a socket, no program in between."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Value: TypeAlias = Any  # whatever a script returned

_START = 60.0  # seconds that a browser may need on a busy machine
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Complaint(AssertionError):
    """What Firefox answered instead of doing it."""


class Firefox:
    """One window. Scripts are bodies of functions; `run` waits for what an async one returns."""

    def __init__(self, connected: socket.socket) -> None:
        self._wire = connected
        self._number = 0
        self._rest = b""
        self._message()  # it greets first
        self.call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self.call("WebDriver:SetTimeouts", {"script": 30_000, "pageLoad": 30_000})

    def call(self, name: str, parameters: Mapping[str, object] | None = None) -> Value:
        """Do this; the answer's value. Raises Complaint."""
        self._number += 1
        said = json.dumps([0, self._number, name, parameters or {}]).encode()
        self._wire.sendall(b"%d:%s" % (len(said), said))
        _, number, problem, result = self._message()
        assert number == self._number
        if problem:
            raise Complaint(f"{name}: {problem['error']}: {problem['message']}")
        return result.get("value") if isinstance(result, dict) else result

    def visit(self, url: str) -> None:
        self.call("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: object) -> Value:
        """In the page."""
        return self._run("content", script, arguments)

    def inside(self, script: str, *arguments: object) -> Value:
        """In the browser itself, with its rights."""
        try:
            return self._run("chrome", script, arguments)
        finally:
            self.call("Marionette:SetContext", {"value": "content"})

    def _run(self, context: str, script: str, arguments: tuple[object, ...]) -> Value:
        self.call("Marionette:SetContext", {"value": context})
        body = f"const done = arguments[arguments.length - 1]; (async function () {{ {script} }}).apply(null, arguments)"
        told = {
            "script": f"{body}.then((value) => done([value]), (problem) => done(['', String(problem)]));",
            "args": list(arguments),
            "sandbox": None if context == "content" else "default",
        }
        found = self.call("WebDriver:ExecuteAsyncScript", told)
        if not found:  # the page went away meanwhile
            return None
        if len(found) > 1:
            raise Complaint(found[1])
        return found[0]

    def until(self, script: str, *arguments: object, seconds: float = 30) -> Value:
        """What the script returns once it is something. A page on its way out may answer anything."""
        end, last = time.monotonic() + seconds, ""
        while time.monotonic() < end:
            try:
                if found := self.run(script, *arguments):
                    return found
            except Complaint as complaint:
                last = str(complaint)
            time.sleep(0.1)
        raise Complaint(f"still nothing: {script} {last}")

    def windows(self) -> list[str]:
        """The tabs, the oldest first."""
        found: list[str] = self.call("WebDriver:GetWindowHandles")
        return found

    def turn_to(self, window: str) -> None:
        self.call("WebDriver:SwitchToWindow", {"handle": window, "focus": True})

    def press(self, css: str) -> None:
        """A click of a real mouse, as far as the page can tell."""
        found = self.call("WebDriver:FindElement", {"using": "css selector", "value": css})
        self.call("WebDriver:ElementClick", {"id": found[_ELEMENT]})

    def press_inside(self, host: str, css: str) -> None:
        """The same for something in a shadow root."""
        found = self.call("WebDriver:FindElement", {"using": "css selector", "value": host})
        root = self.call("WebDriver:GetShadowRoot", {"id": found[_ELEMENT]})
        inner = self.call(
            "WebDriver:FindElementFromShadowRoot",
            {"shadowRoot": next(iter(root.values())), "using": "css selector", "value": css},
        )
        self.call("WebDriver:ElementClick", {"id": inner[_ELEMENT]})

    def _message(self) -> Value:
        while b":" not in self._rest:
            self._rest += self._more()
        size, _, self._rest = self._rest.partition(b":")
        while len(self._rest) < int(size):
            self._rest += self._more()
        said, self._rest = self._rest[: int(size)], self._rest[int(size) :]
        found = json.loads(said)
        return found if isinstance(found, list) else [1, 0, None, found]

    def _more(self) -> bytes:
        if not (part := self._wire.recv(65536)):
            raise Complaint("Firefox went away")
        return part


@contextmanager
def firefox(program: Path, profile: Path, prefs: Mapping[str, object]) -> Iterator[Firefox]:
    """A fresh one without a window, with these preferences."""
    profile.mkdir()
    all_prefs = {**_QUIET, **prefs}
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in all_prefs.items())
    )
    command = [str(program), "-headless", "-no-remote", "-marionette", "--remote-allow-system-access", "-profile", str(profile)]
    with (profile / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            with _connected(process, profile) as wire:
                yield Firefox(wire)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _connected(process: subprocess.Popen[bytes], profile: Path) -> socket.socket:
    named = profile / "MarionetteActivePort"
    end = time.monotonic() + _START
    while time.monotonic() < end:
        assert process.poll() is None, (profile / "log").read_text()
        if named.exists() and (port := named.read_text().strip()):
            return socket.create_connection(("127.0.0.1", int(port)), timeout=60)
        time.sleep(0.1)
    raise AssertionError((profile / "log").read_text())


# Nothing that calls home: the tests have no network.
_QUIET: Mapping[str, object] = {
    "marionette.port": 0,
    "remote.prefs.recommended": False,  # among them is one that turns push off
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "",
    "toolkit.startup.max_resumed_crashes": -1,
}
