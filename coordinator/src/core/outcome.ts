/** A job as clients see it: JSON texts, in which JSON results are spliced as they came, never parsed. */
import { isInline, type Payload } from "@troupe/protocol";
import type { Block, Job, KeptSpan } from "./job.ts";
import { waitsFor } from "./standing.ts";

const decoder = new TextDecoder();

/** The outcome of an ended job; see the NATS door in docs/nats.md. */
export function outcomeText(job: Job, timeline: boolean): string {
  const { end } = job;
  if (end === undefined) return JSON.stringify({ id: job.id, state: "pending" });
  const spans = timeline ? `,"spans":${JSON.stringify(spansOf(job))}` : "";
  const head = `{"id":${JSON.stringify(job.id)},"state":"${end.state}"`;
  if (end.state === "done") return `${head}${resultText(job)}${spans}}`;
  const error = end.state === "failed" ? { ...end.error, kind: undefined } : { code: "Cancelled", message: end.reason };
  return `${head},"error":${JSON.stringify(error)}${spans}}`;
}

/** The exposed results: `result` holds the JSON ones, `binary` bytes in base64, `stored` references to fetch. */
function resultText(job: Job): string {
  const json: string[] = [];
  const binary: Record<string, string> = {};
  const stored: Record<string, unknown> = {};
  for (const [name, payload] of exposedOf(job)) {
    if (!isInline(payload)) stored[name] = payload;
    else if (payload.kind === "json") json.push(`${JSON.stringify(name)}:${decoder.decode(payload.bytes)}`);
    else binary[name] = base64(payload.bytes);
  }
  const binaryText = Object.keys(binary).length > 0 ? `,"binary":${JSON.stringify(binary)}` : "";
  const storedText = Object.keys(stored).length > 0 ? `,"stored":${JSON.stringify(stored)}` : "";
  return `,"result":{${json.join(",")}}${binaryText}${storedText}`;
}

/** Modules whose results are the job's result. In phase `run` an aggregate's output is an item and not a result. */
export function exposedModules({ route }: Job): number[] {
  return route.graph.modules.flatMap((module, index) =>
    module.expose === null || (route.phase === "run" && module.aggregate) ? [] : [index],
  );
}

function exposedOf(job: Job): [string, Payload][] {
  return exposedModules(job).flatMap((index): [string, Payload][] => {
    const output = job.outputs[index];
    const name = job.route.graph.modules[index]?.expose;
    return output === undefined || name === undefined || name === null ? [] : [[name, output]];
  });
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

export interface SpanText {
  readonly module: string;
  readonly group: string;
  readonly replica: string;
  readonly attempt: number;
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export function spansOf(job: Job): SpanText[] {
  return job.spans.map((span) => spanOf(job, span));
}

function spanOf(
  { route: { graph } }: Job,
  { module, replica, attempt, readyAt, startedAt, endedAt }: KeptSpan,
): SpanText {
  const compiled = graph.modules[module];
  const group = graph.groups[compiled?.group ?? -1]?.name ?? "";
  return { module: compiled?.name ?? "", group, replica, attempt, readyAt, startedAt, endedAt };
}

/** Where every module of the job stands, and what the job waits for. */
export function statusText(job: Job): string {
  const { graph, phase } = job.route;
  const modules = job.blocks.flatMap((block) =>
    block === undefined ? [] : block.stop.modules.map((module) => moduleStatus(job, block, module)),
  );
  const waitingFor = waitsFor(job);
  const isRunning = job.blocks.some((block) => block?.execution !== undefined) || job.blocksLeft < job.route.stopCount;
  return JSON.stringify({
    id: job.id,
    state: job.end?.state ?? (isRunning ? "running" : "queued"),
    phase,
    revision: graph.id,
    submittedAt: job.submittedAt,
    ...(job.end === undefined ? {} : { endedAt: job.end.at }),
    ...(job.end?.state === "failed" ? { error: { ...job.end.error, kind: undefined } } : {}),
    modules,
    ...(waitingFor.length === 0 ? {} : { waitingFor }),
  });
}

function moduleStatus(job: Job, block: Block, module: number): object {
  const name = job.route.graph.modules[module]?.name;
  if (block.state === "done" || job.outputs[module] !== undefined) return { name, state: "done" };
  if (block.execution === undefined) return { name, state: block.state };
  const progress = block.execution.progress?.get(module);
  return { name, state: "running", ...(progress === undefined ? {} : { progress }) };
}
