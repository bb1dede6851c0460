/** What the figures depend on. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { median, quantile } from "./quantile.ts";

export interface MachineFacts {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly node: string;
  readonly natsServer: string;
  readonly loadAverage: readonly number[];
  /** Appending 4 KiB to a file and syncing it, where nats-server keeps its files. */
  readonly fsyncMs: { readonly p50: number; readonly p99: number };
}

export function machineFacts(natsServer: string): MachineFacts {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    natsServer: execFileSync(natsServer, ["--version"], { encoding: "utf8" }).trim(),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    fsyncMs: fsyncCost(),
  };
}

const SYNCS = 200;

function fsyncCost(): MachineFacts["fsyncMs"] {
  const folder = mkdtempSync(join(tmpdir(), "troupe-bench-"));
  const file = openSync(join(folder, "file"), "a");
  const page = Buffer.alloc(4096, 7);
  try {
    const taken = Array.from({ length: SYNCS }, () => {
      const begun = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      return performance.now() - begun;
    });
    return { p50: median(taken), p99: quantile(taken, 0.99) };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
