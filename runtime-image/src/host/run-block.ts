import { encodeValue, failureKindOf, ResultNotEncodable, type ModuleInstance } from "@troupe/sdk";
import type { Phase } from "@troupe/protocol";
import type { Block, ModuleOutcome } from "./block.ts";
import { toHostPayload } from "./host-payload.ts";
import { ModuleRun, type Reporters } from "./module-run.ts";
import type { Member } from "./modules.ts";
import type { HostOutbox } from "./outbox.ts";
import type { Slots } from "./slots.ts";
import { failureOf } from "./user-error.ts";

export interface Stage extends Reporters {
  readonly outbox: HostOutbox;
  readonly slots: Slots;
}

/** Runs the modules of a block one after another, and reports it. Never rejects. */
export async function runBlock(block: Block, stage: Stage): Promise<void> {
  const { n } = block.order;
  const { members } = block;
  for (const [position, member] of members.entries()) {
    const outcome = await runMember(block, member, stage);
    if (block.ended) return;
    if (block.abortReason !== null) {
      stage.outbox.send({ t: "stopped", n, module: member.index, spans: block.takeSpans() });
      return;
    }
    if (!outcome.ok) {
      stage.outbox.send({ t: "failed", n, module: member.index, failure: outcome.failure, spans: block.takeSpans() });
      return;
    }
    block.outputs.set(member.index, outcome.output);
    const last = position === members.length - 1;
    if (member.module.journalled || last) report(block, member, { outcome, last, stage });
  }
  if (members.length === 0) stage.outbox.send({ t: "stopped", n, module: null, spans: [] });
}

/** What waits in the outbox leaves first: the module may keep the thread for long. */
async function runMember(block: Block, member: Member, stage: Stage): Promise<ModuleOutcome> {
  const run = new ModuleRun(block, member, stage);
  const startedAt = performance.timeOrigin + performance.now();
  stage.slots.startModule(block.slot, member.index, startedAt);
  stage.outbox.flush();
  try {
    const returned = stage.journalist.within(run.voice, () =>
      call(member.instance, run, { phase: block.order.phase, member }),
    );
    return encoded(isThenable(returned) ? await returned : returned);
  } catch (error) {
    return { ok: false, failure: failureOf(error, "ModuleError") };
  } finally {
    block.spans.push(member.index, startedAt, performance.timeOrigin + performance.now());
    if (!block.ended) stage.slots.endModule(block.slot);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function call(
  instance: ModuleInstance,
  run: ModuleRun,
  what: { readonly phase: Phase; readonly member: Member },
): unknown {
  const { name, aggregate } = what.member.module;
  const method = !aggregate ? "run" : what.phase === "run" ? "aggregate" : "process";
  if (typeof instance[method] === "function") return instance[method](run);
  throw new TypeError(`Module "${name}" (type ${what.member.module.type}) has no method ${method}().`);
}

function encoded(value: unknown): ModuleOutcome {
  try {
    return { ok: true, output: encodeValue(value) };
  } catch (error) {
    if (!(error instanceof ResultNotEncodable)) throw error;
    return { ok: false, failure: { code: "ResultNotEncodable", message: error.message, kind: failureKindOf(error) } };
  }
}

interface Reported {
  readonly outcome: Extract<ModuleOutcome, { ok: true }>;
  readonly last: boolean;
  readonly stage: Stage;
}

function report(block: Block, member: Member, { outcome, last, stage }: Reported): void {
  const { payload, memory } = toHostPayload(outcome.output);
  // Bytes that a later module of the block may read must stay here.
  const transfer = last || outcome.output.kind === "json" ? memory : undefined;
  const done = {
    t: "done",
    n: block.order.n,
    module: member.index,
    output: payload,
    last,
    spans: block.takeSpans(),
  } as const;
  stage.outbox.send(done, transfer);
}
