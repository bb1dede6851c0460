/** What ends the host from within: attributed to the execution whose code did it, where that can be told. */
import type { Blocks } from "./blocks.ts";
import type { Journalist } from "./journalist.ts";
import type { HostOutbox } from "./outbox.ts";
import type { Slots } from "./slots.ts";
import { failureOf } from "./user-error.ts";

export interface Witnesses {
  readonly outbox: HostOutbox;
  readonly journalist: Journalist;
  readonly slots: Slots;
  readonly blocks: () => Blocks | null;
}

/**
 * An error that nobody caught fails the block whose code threw it. When that block has ended, it is logged. When nobody can
 * be named, the host ends: its state is anybody's guess, as in any Node process.
 */
export function hearLastWords(witnesses: Witnesses): void {
  const { outbox, journalist, slots } = witnesses;
  const exit = process.exit.bind(process);
  const hear = (error: unknown): void => {
    const execution = journalist.voice?.execution;
    if (execution === undefined) {
      outbox.send({ t: "fatal", failure: failureOf(error, "HostExited") });
      outbox.flush();
      exit(1);
      return;
    }
    if (witnesses.blocks()?.fail(execution.n, error) === true) return;
    const { message, stack } = failureOf(error, "ModuleError");
    const fields = { error: message, stack: stack ?? null };
    journalist.record("error", "An error after the end of its run", { voice: journalist.voice, fields });
  };
  process.on("uncaughtException", hear);
  process.on("unhandledRejection", hear);
  process.exit = (code) => {
    slots.blame(journalist.voice?.execution?.n ?? 0);
    outbox.flush();
    return exit(code);
  };
}
