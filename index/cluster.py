"""Embedding on several processes at once, of this machine or of a Dask cluster; everything else stays in the program that builds."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from .embed import Encoder
from .encodings import Stored
from .errors import BuildError, ModelError, QAError

SHARD = 16
"""Batches that a worker gets at once: what has to be done again when it dies."""

AHEAD = 2
"""Shards handed out for each thread of the workers, so that none waits for its next one."""

SECONDS = 30.0
"""How long a scheduler is waited for, and then its first worker."""

Shard = list[tuple[int, list[str]]]
Encoded = list[tuple[int, list[Stored]]]

_ENCODERS: dict[str, Encoder] = {}


def encode_on(
    workers: str, make: Callable[[], Encoder], encoder: Encoder, batches: Iterable[list[str]]
) -> Iterator[tuple[int, list[Stored]]]:
    """The encodings of batches of texts, each with its number, as they come.

    `workers`: how many processes to start here, or the address of a Dask scheduler on whose workers this program is installed. Each
    worker calls `make` once. What one had in hand when it died is done by another.
    Raises BuildError when there is no Dask or no worker, or the cluster is lost, and ModelError when a worker has another model.
    """
    try:
        import distributed
    except ImportError as error:
        raise BuildError(f"workers need Dask, which is not installed ({error.name}); pip install '.[workers]'") from error
    for name in ("distributed", "distributed.client"):  # they print a traceback for what is also raised
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with ExitStack() as opened:
        try:
            client = _client(distributed, workers, opened)
            shards = _shards(batches)

            def hand_out(count: int) -> list[Any]:
                return [client.submit(_encode, encoder.fingerprint, make, shard) for shard in islice(shards, count)]

            coming = distributed.as_completed(hand_out(AHEAD * sum(client.nthreads().values())), loop=client.loop)
            for future in coming:
                encoded = future.result()
                coming.update(hand_out(1))
                yield from encoded
        except QAError:
            raise
        except Exception as error:  # a cluster that is lost is one of many things to Dask
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise BuildError(f"workers {workers}: {reason}; what was embedded is kept: build again") from error


def _client(distributed: Any, workers: str, opened: ExitStack) -> Any:
    if not workers.isdecimal():
        client = opened.enter_context(distributed.Client(workers, timeout=SECONDS, set_as_default=False))
        client.wait_for_workers(1, timeout=SECONDS)
        return client
    cluster = distributed.LocalCluster(
        n_workers=int(workers), threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
    )
    return opened.enter_context(distributed.Client(opened.enter_context(cluster), set_as_default=False))


def _shards(batches: Iterable[list[str]]) -> Iterator[Shard]:
    numbered = enumerate(batches)
    while shard := list(islice(numbered, SHARD)):
        yield shard


def _encode(fingerprint: str, make: Callable[[], Encoder], shard: Shard) -> Encoded:
    """What a worker does. Raises ModelError."""
    if fingerprint not in _ENCODERS:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the network: there is a worker for each core
        made = make()
        if made.fingerprint != fingerprint:
            raise ModelError(f"a worker has {made.fingerprint}, expected {fingerprint}; install the same program and model there")
        _ENCODERS[fingerprint] = made
    return [(number, [Stored.of(made) for made in _ENCODERS[fingerprint].encode(texts)]) for number, texts in shard]
