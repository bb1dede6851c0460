/** Gathers what an owner says within a turn of the event loop, so that a replica gets one message a turn and not one a job. */
import { encodeDown, subjectsOf, type Bus, type DownMessage, type Scope } from "@troupe/protocol";
import type { Reply, ReplyTo } from "../core/owner.ts";
import { replyText } from "./reply-text.ts";

const encoder = new TextEncoder();

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
    this.#bus.publish(to, encoder.encode(replyText(reply)));
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
