/**
 * `make bench`: measures Troupe on this machine, beside the bare nats-server that it runs on and the peer that it is compared to.
 *
 *   options.ts   what may be said on the command line
 *   sections/    what is measured, one file a question
 *   measure/     how: throughput, latency, CPU, memory, the machine
 *   system/      what is measured: the bundled programs, the pipelines
 *   peers/       the same work on other systems
 *   report/      figures, targets, tables, results.json
 *   profile/     where the time goes
 */
import { join } from "node:path";
import { machineFacts } from "./measure/machine.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { profileAll, PROFILES } from "./profile/profile.ts";
import { newResults, writeResults } from "./report/results.ts";
import { printFigures } from "./report/table.ts";
import { SECTIONS } from "./sections/index.ts";
import { Skipped, type Context, type Section } from "./sections/section.ts";
import { bundleTroupe, ROOT } from "./system/bundle.ts";

const RESULTS = join(ROOT, "bench/results.json");

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function parse(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const options = parse();
const parts = (options.profile ? PROFILES : SECTIONS).map(({ name }) => name);
if (options.help) {
  const profiles = PROFILES.map(({ name }) => name);
  console.log(
    `${USAGE}\n\nNames: ${SECTIONS.map(({ name }) => name).join(", ")}\nwith --profile: ${profiles.join(", ")}`,
  );
  process.exit(0);
}
const unknown = options.only.find((name) => !parts.includes(name));
if (unknown !== undefined) fail(`there is nothing named ${unknown}; there are ${parts.join(", ")}`);

const say = (line: string): void => {
  console.error(`  … ${line}`);
};
// As ./troupe does it.
process.env["NODE_COMPILE_CACHE"] ??= join(ROOT, ".troupe/cache");
const troupe = await bundleTroupe();
const natsServer = troupe.findNatsServer({ root: ROOT, env: process.env });
const machine = machineFacts(natsServer);
const results = newResults(machine, options);
const context: Context = { troupe, natsServer, quick: options.quick, measured: results.measured, say };
const print = options.json ? (): void => undefined : console.log;

const { cores, cpu, memoryGib, node, loadAverage, fsyncMs } = machine;
print(`${cores} cores (${cpu}), ${memoryGib} GiB, Node ${node}, ${machine.natsServer}`);
print(
  `load average ${loadAverage.join(" ")}, a sync to disk takes ${fsyncMs.p50.toFixed(2)} ms (p99 ${fsyncMs.p99.toFixed(2)})`,
);

if (options.profile) {
  await profileAll(context, options.only, print);
} else {
  for (const section of SECTIONS) {
    if (options.only.length === 0 || options.only.includes(section.name)) await runSection(section);
  }
  await writeResults(RESULTS, results);
  if (options.json) console.log(results.toJson());
  else print(`\n${results.summary()}\nwritten to ${RESULTS}`);
}
process.exitCode = results.failed.size > 0 ? 1 : 0;

async function runSection(section: Section): Promise<void> {
  print(`\n${section.title}`);
  try {
    const figures = await section.run(context);
    results.add(figures);
    print(printFigures(figures));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const outcome = error instanceof Skipped ? results.skipped : results.failed;
    outcome.set(section.name, reason);
    print(`  ${error instanceof Skipped ? "skipped" : "FAILED"}: ${reason}`);
    if (!(error instanceof Skipped)) console.error(error);
  }
}
