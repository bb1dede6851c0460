/** What the door says of a job that may still be open. */
import { Fields } from "@troupe/protocol";

export interface ModuleStatus {
  readonly name: string;
  readonly state: string;
  /** What a running module has reported last; null: nothing. `fraction` is between 0 and 1, or null. */
  readonly progress: { readonly fraction: number | null; readonly message: string | null } | null;
}

export interface JobStatus {
  readonly id: string;
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly revision: string;
  /** Unix milliseconds. */
  readonly submittedAt: number;
  readonly endedAt: number | null;
  readonly modules: readonly ModuleStatus[];
  /** What it waits for, in words, as far as the owner knows. */
  readonly waitingFor: string | null;
}

const STATES = ["queued", "running", "done", "failed", "cancelled"] as const;

export function readStatus(reply: Fields): JobStatus {
  const endedAt = reply.get("endedAt");
  const waitingFor = reply.get("waitingFor");
  return {
    id: reply.string("id"),
    state: readState(reply),
    revision: reply.string("revision"),
    submittedAt: reply.number("submittedAt"),
    endedAt: typeof endedAt === "number" ? endedAt : null,
    modules: reply.array("modules").map((raw) => {
      const module = new Fields(raw, "module");
      return { name: module.string("name"), state: module.string("state"), progress: readProgress(module) };
    }),
    waitingFor: Array.isArray(waitingFor) ? waitingFor.join(", ") : null,
  };
}

function readProgress(module: Fields): ModuleStatus["progress"] {
  if (!module.has("progress")) return null;
  const progress = module.object("progress");
  const fraction = progress.get("fraction");
  const message = progress.get("message");
  return {
    fraction: typeof fraction === "number" ? fraction : null,
    message: typeof message === "string" ? message : null,
  };
}

/** @throws {Error} when the state is none of this protocol's */
export function readState(reply: Fields): JobStatus["state"] {
  const text = reply.string("state");
  const state = STATES.find((known) => known === text);
  if (state === undefined)
    throw new Error(`the coordinator says that the job is "${text}", which this client does not know`);
  return state;
}
