"""MAGDA on Ray: a chain of three modules in three groups, as bench/ measures it for Troupe.

Prints one JSON object a line and a figure. Everything that Ray says goes to stderr.
"""

import argparse
import asyncio
import json
import os
import sys
import time

STARTED = time.perf_counter()

import ray  # noqa: E402
from processes import tree_pss_mib  # noqa: E402
from magda.decorators import expose, finalize, produce, accept  # noqa: E402
from magda.module import Module  # noqa: E402
from magda.pipeline.parallel import ParallelPipeline, init  # noqa: E402

PAGE = 4096


class Anything(Module.Interface):
    pass


@accept(Anything)
@produce(Anything)
@finalize
class Nothing(Module.Runtime):
    def run(self, data, request, **kwargs):
        return None


@accept(Anything)
@produce(Anything)
@finalize
class Change(Module.Runtime):
    """Hands on what it got with one added to the first byte of every page."""

    def run(self, data, request, **kwargs):
        changed = bytearray(data.get(Anything) if len(data) else request)
        for at in range(0, len(changed), PAGE):
            changed[at] = (changed[at] + 1) & 0xFF
        return bytes(changed)


async def chain(module):
    first, second, third = module("A", "g1"), module("B", "g2"), module("C", "g3")
    second.depends_on(first)
    third.depends_on(second)
    third.expose_result("C")
    builder = ParallelPipeline()
    for each in (first, second, third):
        builder.add_module(each)
    return await builder.build(None)


async def run_one(pipeline, request):
    result, error = await pipeline.run(request)
    if error is not None:
        raise error
    return result["C"]


async def throughput(pipeline, requests, check):
    """All at once, as MAGDA's own documentation does it."""
    begun = time.perf_counter()
    results = await asyncio.gather(*(run_one(pipeline, request) for request in requests))
    elapsed = time.perf_counter() - begun
    for request, result in zip(requests, results):
        check(request, result)
    return len(requests) / elapsed


async def latencies(pipeline, count):
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        await run_one(pipeline, None)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def check_nothing(request, result):
    assert result is None, result


def check_changed(request, result):
    expected = bytearray(request)
    for at in range(0, len(expected), PAGE):
        expected[at] = (expected[at] + 3) & 0xFF
    assert result == expected, "a payload came back with other bytes than expected"


def say(out, **figure):
    print(json.dumps(figure), file=out, flush=True)


async def measure(out, options):
    pipeline = await chain(Nothing)
    await run_one(pipeline, None)
    say(out, name="firstResultSeconds", value=time.perf_counter() - STARTED)
    await latencies(pipeline, options.warm_up)
    await asyncio.sleep(1)
    say(out, name="memoryMib", value=tree_pss_mib())
    say(out, name="latenciesMs", value=await latencies(pipeline, options.latency_jobs))
    await throughput(pipeline, [None] * options.jobs, check_nothing)
    for _ in range(options.repeat):
        say(out, name="jobsPerSecond", value=await throughput(pipeline, [None] * options.jobs, check_nothing))
    await pipeline.close()

    pipeline = await chain(Change)
    requests = [index.to_bytes(4, "big") * (options.payload_bytes // 4) for index in range(options.payload_jobs)]
    await throughput(pipeline, requests[:5], check_changed)
    for _ in range(options.repeat):
        say(out, name="payloadJobsPerSecond", value=await throughput(pipeline, requests, check_changed))
    await pipeline.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=50)
    parser.add_argument("--latency-jobs", type=int, default=200)
    parser.add_argument("--payload-jobs", type=int, default=60)
    parser.add_argument("--payload-bytes", type=int, default=1024 * 1024)
    options = parser.parse_args()

    # The figures alone go where they are read; Ray prints to stdout as it likes.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    init(num_cpus=8, include_dashboard=False, logging_level="error")
    try:
        asyncio.run(measure(out, options))
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
