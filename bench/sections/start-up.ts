/** From the command to the first result. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { median } from "../measure/quantile.ts";
import { atMost, type Figure } from "../report/figure.ts";
import { ROOT } from "../system/bundle.ts";
import { MODULES } from "../system/pipelines.ts";
import type { Section } from "./section.ts";

const FIRST_RESULT_SECONDS = atMost(2);
const PIPELINE = join(import.meta.dirname, "../system/empty-chain.yaml");

export const startUp: Section = {
  name: "start-up",
  title: "Start-up of ./troupe run, three groups of empty modules",
  run: async ({ quick }) => {
    // The first one may have to bundle and to fill the compile cache.
    const first = await timeOneRun();
    const warm: OneRun[] = [];
    for (let run = 0; run < (quick ? 2 : 7); run++) warm.push(await timeOneRun());
    return [
      figure(
        "startUp.firstResult",
        "first result, warm",
        warm.map(({ resultSeconds }) => resultSeconds),
        `the first time here: ${first.resultSeconds.toFixed(2)} s`,
      ),
      {
        ...figure(
          "startUp.exit",
          "  all ended and the command back",
          warm.map(({ exitSeconds }) => exitSeconds),
        ),
        target: undefined,
      },
    ];
  },
};

function figure(id: string, text: string, seconds: readonly number[], note?: string): Figure {
  return {
    id,
    text,
    unit: "s",
    value: median(seconds),
    best: Math.min(...seconds),
    target: FIRST_RESULT_SECONDS,
    note,
  };
}

interface OneRun {
  readonly resultSeconds: number;
  readonly exitSeconds: number;
}

async function timeOneRun(): Promise<OneRun> {
  const begun = performance.now();
  const args = ["run", PIPELINE, "--modules", MODULES, "--cpus", "64", "-o", "json"];
  const command = spawn(join(ROOT, "troupe"), args, { stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  command.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  let resultSeconds: number | undefined;
  createInterface({ input: command.stdout }).on("line", () => {
    resultSeconds ??= (performance.now() - begun) / 1000;
  });
  const [code] = (await once(command, "exit")) as [number | null];
  if (code !== 0 || resultSeconds === undefined) {
    throw new Error(`./troupe run ended with ${code ?? "a signal"}: ${Buffer.concat(said).toString().slice(-500)}`);
  }
  return { resultSeconds, exitSeconds: (performance.now() - begun) / 1000 };
}
