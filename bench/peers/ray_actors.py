"""Ray's actors, ActorPool and thread-chunks, as bench/system/actor-load.ts measures Troupe's.

Prints one JSON object a line and a figure. Everything that Ray says goes to stderr.
"""

import argparse
import json
import os
import sys
import time

import numpy
import ray
from processes import cpu_ms_since, tree_cpu, tree_pss_mib
from ray.util.actor_pool import ActorPool
from thread_chunks import Chunker, chunk, config

WORKERS = 4
SETTLE_SECONDS = 3
RAY = {"num_cpus": WORKERS, "include_dashboard": False, "logging_level": "error", "log_to_driver": False}


@ray.remote
class Empty:
    def nothing(self):
        return None

    def take(self, array):
        return len(array)

    def exit(self):
        os._exit(1)


def nothing(_):
    return None


class Bench:
    def __init__(self, out, options):
        self.out = out
        self.options = options
        self.inputs = [[index] for index in range(options.elements)]

    def say(self, name, value):
        print(json.dumps({"name": name, "value": value}), file=self.out, flush=True)

    def seconds(self, work):
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    def rates(self, name, units, work):
        work()
        for _ in range(self.options.trials):
            before = tree_cpu()
            taken = self.seconds(work)
            self.say(f"{name}PerSecond", units / taken)
            self.say(f"{name}CpuMs", cpu_ms_since(before) / units)

    def map(self):
        chunk(nothing, self.inputs, chunk_size=WORKERS, progress_bar=False)

    def cold(self):
        config.ray_config = RAY
        for _ in range(self.options.cold):
            self.say("chunkColdSeconds", self.seconds(self.map))

    def one_after_another(self):
        empty = Empty.remote()
        latencies = []

        def work():
            for _ in range(self.options.calls):
                begun = time.perf_counter()
                ray.get(empty.nothing.remote())
                latencies.append((time.perf_counter() - begun) * 1000)

        self.rates("sequential", self.options.calls, work)
        self.say("latenciesMs", latencies[self.options.calls :])

    def all_at_once(self):
        empty = Empty.remote()
        count = self.options.pipelined
        self.rates("pipelined", count, lambda: ray.get([empty.nothing.remote() for _ in range(count)]))

    def pool(self):
        workers = ActorPool([Empty.remote() for _ in range(WORKERS)])
        inputs = range(self.options.elements)
        self.rates(
            "pool", len(inputs), lambda: list(workers.map(lambda each, _: each.nothing.remote(), inputs))
        )

    def chunks(self):
        for _ in range(self.options.trials):
            self.say("chunkSeconds", self.seconds(self.map))
        chunker = Chunker(nothing, chunk_size=WORKERS, progress_bar=False, persistent=True)
        self.rates("chunker", len(self.inputs), lambda: chunker(self.inputs))

    def next_actors(self):
        actors = []

        def work():
            actors.append(Empty.remote())
            ray.get(actors[-1].nothing.remote())

        for _ in range(self.options.trials):
            self.say("actorSeconds", self.seconds(work))

    def after_crash(self):
        mortal = Empty.options(max_restarts=-1).remote()
        ray.get(mortal.nothing.remote())

        def work():
            try:
                ray.get(mortal.exit.remote())
            except ray.exceptions.RayActorError:
                pass
            while True:
                try:
                    ray.get(mortal.nothing.remote())
                    return
                except ray.exceptions.RayActorError:
                    time.sleep(0.001)

        for _ in range(self.options.trials):
            self.say("crashSeconds", self.seconds(work))
            time.sleep(0.5)

    def large_array(self):
        array = numpy.ones(self.options.megabytes * 1_000_000 // 8)
        taker = Empty.remote()
        ray.get(taker.nothing.remote())
        for _ in range(self.options.trials):
            refs = []
            self.say("putMs", 1000 * self.seconds(lambda: refs.append(ray.put(array))))
            self.say("takeMs", 1000 * self.seconds(lambda: ray.get(taker.take.remote(refs[0]))))

    def run(self):
        self.cold()
        ray.init(**RAY)
        time.sleep(SETTLE_SECONDS)
        self.say("idleMib", tree_pss_mib())
        self.one_after_another()
        self.all_at_once()
        self.pool()
        self.chunks()
        self.next_actors()
        self.after_crash()
        self.large_array()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--pipelined", type=int, default=2000)
    parser.add_argument("--elements", type=int, default=1000)
    parser.add_argument("--cold", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()

    # The figures alone go where they are read; Ray prints to stdout as it likes.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        Bench(out, options).run()
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
