/** Gathers what an owner says within a turn of the event loop, so that a replica gets one message a turn and not one a job. */
import { encodeDown, subjectsOf, type Bus, type DownMessage, type Scope } from "@troupe/protocol";
import type { Reply, ReplyTo } from "../core/owner.ts";
import { replyText } from "./reply-text.ts";

const encoder = new TextEncoder();

/** E10: an answer that no message can carry is an error of its own, and never the owner's end. */
function tooLarge(reply: Reply, bytes: number): Reply {
  const id = "job" in reply ? reply.job.id : "id" in reply ? reply.id : undefined;
  return {
    kind: "refused",
    ...(id === undefined ? {} : { id }),
    code: "PayloadTooLarge",
    message: `the answer is ${bytes} bytes, more than the NATS server's max_payload`,
    hint: "expose fewer or larger results (those above 32 KiB are stored apart), or raise max_payload",
  };
}

export class Outbox {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #epoch: number;
  readonly #down = new Map<string, DownMessage[]>();

  constructor(options: { readonly bus: Bus; readonly scope: Scope; readonly epoch: number }) {
    this.#bus = options.bus;
    this.#scope = options.scope;
    this.#epoch = options.epoch;
  }

  send(group: string, replica: string, message: DownMessage): void {
    const subject = subjectsOf(this.#scope).down(group, replica);
    const messages = this.#down.get(subject);
    if (messages === undefined) this.#down.set(subject, [message]);
    else messages.push(message);
  }

  beacon(owner: string): void {
    const [bytes] = encodeDown({ epoch: this.#epoch, messages: [{ type: "beacon", owner }] }, Infinity);
    if (bytes !== undefined) this.#bus.publish(subjectsOf(this.#scope).beacon, bytes);
  }

  reply(to: ReplyTo, reply: Reply): void {
    const bytes = encoder.encode(replyText(reply));
    this.#bus.publish(
      to,
      bytes.byteLength <= this.#bus.maxPayload ? bytes : encoder.encode(replyText(tooLarge(reply, bytes.byteLength))),
    );
  }

  flush(): void {
    if (this.#down.size === 0) return;
    const maxBytes = Math.floor(this.#bus.maxPayload / 2);
    for (const [subject, messages] of this.#down) {
      for (const bytes of encodeDown({ epoch: this.#epoch, messages }, maxBytes)) this.#bus.publish(subject, bytes);
    }
    this.#down.clear();
  }
}
