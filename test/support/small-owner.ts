/**
 * An owner that speaks the door and nothing behind it: every job's result is what `work` makes of its input. For the client's
 * tests of what a real owner does only rarely, or never on demand.
 */
import {
  connectBus,
  ensureStream,
  streamsOf,
  subjectsOf,
  type Bus,
  type BusMessage,
  type Scope,
} from "@troupe/protocol";

export const SCOPE: Scope = { namespace: "local", pipeline: "p", uid: "u1" };

export type Ended = Readonly<Record<string, unknown>> & { readonly id: string; readonly state: string };

export interface OwnerHooks {
  /** What a submission is answered with; undefined: accepted. `null`: nothing at all. */
  readonly refuse?: (id: string, attempt: number) => object | null | undefined;
  /** The outcome of a job; undefined: it stays open. Default: `{ result: { out: <input> } }`. */
  readonly work?: (id: string, input: unknown, message: BusMessage) => Promise<object | undefined> | object | undefined;
  /** Whether outcomes are sent by themselves, or only when they are asked for. */
  readonly silent?: boolean;
}

export interface SmallOwner extends AsyncDisposable {
  /** How often each id was submitted. */
  readonly submissions: ReadonlyMap<string, number>;
  readonly waits: readonly string[][];
  readonly cancelled: ReadonlySet<string>;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decode = (data: Uint8Array): unknown =>
  data.byteLength === 0 ? null : JSON.parse(new TextDecoder().decode(data));

export async function smallOwner(url: string, hooks: OwnerHooks = {}): Promise<SmallOwner> {
  const bus = await connectBus({ url, name: "small owner" });
  const subjects = subjectsOf(SCOPE);
  await ensureStream(bus, {
    name: streamsOf(SCOPE).blobs,
    subjects: [subjects.allBlobs],
    maxBytes: 1 << 28,
    discard: "new",
  });
  const owner = new Owner(bus, hooks);
  bus.subscribe(subjects.doors, (message) => {
    owner.answer(message);
  });
  await bus.flush();
  return owner;
}

class Owner implements SmallOwner {
  readonly submissions = new Map<string, number>();
  readonly waits: string[][] = [];
  readonly cancelled = new Set<string>();
  readonly #ended = new Map<string, Ended>();
  readonly #bus: Bus;
  readonly #hooks: OwnerHooks;

  constructor(bus: Bus, hooks: OwnerHooks) {
    this.#bus = bus;
    this.#hooks = hooks;
  }

  answer(message: BusMessage): void {
    const operation = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    if (operation === "submit" || operation === "process") {
      this.#submit(message);
      return;
    }
    if (operation === "wait") this.#wait(message);
    else this.#single(operation, message);
  }

  #wait(message: BusMessage): void {
    const { ids } = decode(message.data) as { ids: string[] };
    this.waits.push(ids);
    for (const id of ids) {
      const outcome = this.#known(id);
      if (outcome !== undefined) this.#reply(message, outcome);
    }
  }

  #single(operation: string, message: BusMessage): void {
    const { id } = decode(message.data) as { id: string };
    switch (operation) {
      case "cancel":
        this.cancelled.add(id);
        this.#end(id, { id, state: "cancelled", error: { code: "Cancelled", message: "as asked" } }, "");
        this.#reply(message, { id, state: this.#ended.get(id)?.state });
        return;
      case "result":
        this.#reply(message, this.#known(id) ?? { id, state: "pending" });
        return;
      case "timeline":
        this.#reply(message, { id, spans: [] });
        return;
      default:
        this.#reply(message, {
          id,
          state: "running",
          revision: "r1",
          submittedAt: 1,
          modules: [{ name: "A", state: "running" }],
          waitingFor: ["a replica"],
        });
    }
  }

  #known(id: string): object | undefined {
    if (!this.submissions.has(id))
      return { id, error: { code: "JobNotFound", message: `there is no job ${id}`, hint: "Check the id" } };
    return this.#ended.get(id);
  }

  #submit(message: BusMessage): void {
    const id = message.header("Troupe-Job-Id");
    const attempt = (this.submissions.get(id) ?? 0) + 1;
    this.submissions.set(id, attempt);
    const refusal = this.#hooks.refuse?.(id, attempt);
    if (refusal === null) return;
    if (refusal !== undefined) {
      this.#reply(message, { error: refusal });
      return;
    }
    this.#reply(message, { id, revision: "r1" });
    void this.#work(id, message);
  }

  async #work(id: string, message: BusMessage): Promise<void> {
    const binary = message.header("Troupe-Content") === "binary";
    const input = binary ? message.data : decode(message.data);
    const made =
      this.#hooks.work === undefined ? { result: { out: input } } : await this.#hooks.work(id, input, message);
    if (made !== undefined) this.#end(id, { id, state: "done", ...made }, message.header("Troupe-Wait"));
  }

  #end(id: string, outcome: Ended, waiter: string): void {
    if (this.#ended.has(id)) return;
    this.#ended.set(id, outcome);
    if (waiter !== "" && this.#hooks.silent !== true) this.#bus.publish(waiter, encode(outcome));
  }

  #reply({ reply }: BusMessage, value: unknown): void {
    if (reply !== "") this.#bus.publish(reply, encode(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus.close();
  }
}
