/** How many GPUs a machine has, as its driver says. The driver's program is a script of our own, on a PATH of its own. */
import test from "ava";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { observeMachine } from "./machine.ts";

const TWO = `[ "$*" = -L ] || exit 1
echo 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)'
echo '  MIG 1g.5gb Device 0: (UUID: MIG-1)'
echo 'GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-2)'`;

/** Runs `work` on a machine whose PATH has this `nvidia-smi` alone; null: none. */
async function withSmi<T>(script: string | null, work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "troupe-smi-"));
  const path = process.env["PATH"];
  try {
    if (script !== null) writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
    if (script !== null) chmodSync(join(folder, "nvidia-smi"), 0o755);
    process.env["PATH"] = folder;
    return await work();
  } finally {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  }
}

/** A real driver's list goes before the program's. */
const withoutDriver = existsSync("/proc/driver/nvidia/gpus") ? test.serial.skip : test.serial;

withoutDriver("the GPUs of nvidia-smi are counted, and not the parts of one", async (t) => {
  t.deepEqual(await withSmi(TWO, async () => observeMachine({})), { cpus: availableParallelism(), gpus: 2 });
});

withoutDriver("where nvidia-smi is not, fails or finds nothing, there are none", async (t) => {
  for (const script of [null, "echo 'NVIDIA-SMI has failed' >&2; exit 9", "echo 'No devices were found'"])
    t.is((await withSmi(script, async () => observeMachine({}))).gpus, 0, String(script));
});

test.serial("what the user says counts, and nobody is asked", async (t) => {
  t.deepEqual(await withSmi(TWO, async () => observeMachine({ cpus: 3, gpus: 0 })), { cpus: 3, gpus: 0 });
});
