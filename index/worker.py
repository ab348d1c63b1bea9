"""A process that reads files for another: `python -m index.worker`. Requests on standard input, answers on standard output.

A request is a line of JSON (suffix, name, bytes, seconds; view: page, runs and width, or null) and that many bytes; an answer is its length
in 8 bytes and JSON: what was loaded, or the view of a page, or an error. It is limited in memory and time, may not use the network, and a file that brings it down costs only itself.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from .errors import LoadError
from .load import LOADERS
from .page_view import view_page

_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind", "urllib.Request")


def main(memory: int) -> int:
    """Answer requests until standard input ends. `memory` is the most bytes of address space to take."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # whatever a library prints must not get between the answers
        os.dup2(nothing, descriptor)
    _limit_memory(memory)
    sys.addaudithook(_refuse_network)
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["bytes"])
        _limit_time(request["seconds"])
        _answer(answers, _load(request["suffix"], data, request["name"], request["view"]))
    return 0


def _load(suffix: str, data: bytes, name: str, view: list[Any] | None) -> dict[str, Any]:
    try:
        if view:
            return {"view": view_page(data, name, *view).to_dict()}
        return {"loaded": LOADERS[suffix](data, name).to_dict()}
    except LoadError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name}: it needs more memory than one file may take; split it or save it anew"}
    except RecursionError:
        return {"error": f"{name}: it is nested too deeply to be read; save it anew with a current program"}
    except Exception as error:  # whatever a library throws at a damaged file
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return {"error": f"{name}: cannot be read as {suffix}: {reason}; save it anew with a current program"}


def _answer(answers: BinaryIO, answer: dict[str, Any]) -> None:
    data = json.dumps(answer, ensure_ascii=True).encode("ascii")
    answers.write(len(data).to_bytes(8, "big") + data)
    answers.flush()


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _NETWORK:
        raise PermissionError(f"{event}: a document may not use the network")


def _limit_memory(size: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # a system without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _limit_time(seconds: float) -> None:
    """End this process by the system after so much more processor time, even where nobody is left to end it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 5, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
