/** The journal as it stands in its stream, for tests that look at what was written, or that do harm to it. */
import { readStream, streamsOf, streamState, type Bus, type Scope } from "@troupe/protocol";
import { unsealed } from "../../coordinator/src/shell/checksum.ts";
import { decodeFrame } from "../../coordinator/src/core/frame-codec.ts";
import type { JournalEvent } from "../../coordinator/src/core/events.ts";

export interface JournalLine {
  readonly epoch: number;
  readonly event: JournalEvent;
}

/** All events that the stream still holds, in order. */
export async function journalOf(bus: Bus, scope: Scope): Promise<JournalLine[]> {
  return (await framesOf(bus, scope)).flatMap(({ data }) => {
    const { epoch, events } = decodeFrame(unsealed(data, "a frame"));
    return events.map((event) => ({ epoch, event }));
  });
}

/** The frames' bytes, as many as fit into one answer. */
export async function framesOf(bus: Bus, scope: Scope): Promise<{ sequence: number; data: Uint8Array }[]> {
  const { journal } = streamsOf(scope);
  const state = await streamState(bus, journal);
  return state === null || state.messages === 0 ? [] : readStream(bus, journal, state.firstSequence, 10_000);
}

/** A request to the JetStream API that the engine itself never makes. @throws {Error} with the server's answer */
export async function jetStream(bus: Bus, verb: string, body: unknown = {}): Promise<Record<string, unknown>> {
  const { data } = await bus.request(`$JS.API.${verb}`, new TextEncoder().encode(JSON.stringify(body)), {
    timeoutMs: 5_000,
  });
  const answer = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
  if (answer["error"] !== undefined) throw new Error(`${verb}: ${JSON.stringify(answer["error"])}`);
  return answer;
}
