"""Loaded by every Python of a watched build: writes down each foreign host it turns to.

`python` imports a module of this name by itself, where it lies on the path.
"""

import os
import sys

FILE = os.environ.get("COMPENDIUM_WATCH")
# Event of the interpreter, and which of its arguments is the address.
EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}
HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0", None, "")


def note(line):
    with open(FILE, "a", encoding="utf-8") as log:
        log.write(line + "\n")


def audit(event, arguments):
    if event in EVENTS:
        address = arguments[EVENTS[event]]
        host = address[0] if isinstance(address, tuple) else address
        host = host.decode() if isinstance(host, bytes) else host
        # A path is a socket of this machine.
        if host not in HERE and not str(host).startswith(("/", "\0", "127.")):
            note(f"{event} {host}")


if FILE:
    note("watched")
    sys.addaudithook(audit)
