/**
 * Gathers what an owner says within a turn of the event loop, so that a replica gets one message a turn and not one a job. Nobody is woken for an
 * acknowledgement alone: it leaves with the next work for its replica, or when it is released.
 */
import {
  encodeDown,
  subjectsOf,
  type Ack,
  type Bus,
  type DownMessage,
  type Scope,
  type Subjects,
} from "@troupe/protocol";
import type { Reply, ReplyTo } from "../core/owner.ts";
import { replyText } from "./reply-text.ts";

const encoder = new TextEncoder();

/** Until then the job is on a page of the records, where its results are stored apart. */
const RECORDED_MS = 2_000;

/** E10: an answer that no message can carry is an error of its own, and never the owner's end. */
function tooLarge(reply: Reply, bytes: number): Reply {
  const id = "job" in reply ? reply.job.id : "id" in reply ? reply.id : undefined;
  const passing = reply.kind === "outcome" ? { retryAfterMs: RECORDED_MS } : {};
  return {
    ...passing,
    kind: "refused",
    ...(id === undefined ? {} : { id }),
    code: "PayloadTooLarge",
    message: `the answer is ${bytes} bytes, more than the NATS server's max_payload`,
    hint: "expose fewer or larger results (those above 32 KiB are stored apart), or raise max_payload",
  };
}

/** Acknowledgements that are held for one replica at most: it keeps what is not acknowledged (E3). */
const HELD_ACKS = 128;
/** How long they wait for work that their replica has to be woken for anyway. */
const HOLD_MS = 25;

/** What waits for one replica. */
interface Mail {
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly messages: DownMessage[];
  readonly acks: Ack["what"][number][];
}

export class Outbox {
  readonly #bus: Bus;
  readonly #subjects: Subjects;
  readonly #epoch: number;
  readonly #maySpeak: () => boolean;
  readonly #down = new Map<string, Mail>();
  #release: NodeJS.Timeout | null = null;

  constructor(options: {
    readonly bus: Bus;
    readonly scope: Scope;
    readonly epoch: number;
    /** Whether the owner lives and is confirmed (E8): asked before what was held is said. */
    readonly maySpeak: () => boolean;
  }) {
    this.#bus = options.bus;
    this.#subjects = subjectsOf(options.scope);
    this.#epoch = options.epoch;
    this.#maySpeak = options.maySpeak;
  }

  send(group: string, replica: string, message: DownMessage): void {
    const subject = this.#subjects.down(group, replica);
    let mail = this.#down.get(subject);
    if (mail === undefined) this.#down.set(subject, (mail = { since: performance.now(), messages: [], acks: [] }));
    if (message.type === "ack") mail.acks.push(...message.what);
    else mail.messages.push(message);
  }

  beacon(owner: string): void {
    const [bytes] = encodeDown({ epoch: this.#epoch, messages: [{ type: "beacon", owner }] }, Infinity);
    if (bytes !== undefined) this.#bus.publish(this.#subjects.beacon, bytes);
  }

  reply(to: ReplyTo, reply: Reply): void {
    const bytes = encoder.encode(replyText(reply));
    this.#bus.publish(
      to,
      bytes.byteLength <= this.#bus.maxPayload ? bytes : encoder.encode(replyText(tooLarge(reply, bytes.byteLength))),
    );
  }

  flush(): void {
    this.#say(-Infinity);
    this.#releaseLater();
  }

  #releaseLater(): void {
    if (this.#down.size === 0 || this.#release !== null) return;
    this.#release = setTimeout(() => {
      this.#release = null;
      if (!this.#maySpeak()) return;
      this.#say(performance.now() - HOLD_MS);
      this.#releaseLater();
    }, HOLD_MS);
  }

  /** @param heldSince acknowledgements that have waited for other work since then leave as well. */
  #say(heldSince: number): void {
    const maxBytes = Math.floor(this.#bus.maxPayload / 2);
    for (const [subject, { since, messages, acks }] of this.#down) {
      if (messages.length === 0 && acks.length < HELD_ACKS && since > heldSince) continue;
      if (acks.length > 0) messages.push({ type: "ack", what: acks });
      for (const bytes of encodeDown({ epoch: this.#epoch, messages }, maxBytes)) this.#bus.publish(subject, bytes);
      this.#down.delete(subject);
    }
  }
}
