/** What passes through NATS for a pipeline: messages and bytes a job, by subject. */
import { connectBus } from "@troupe/protocol";
import type { StartedSystem } from "@troupe/sdk";
import { short } from "../report/table.ts";

interface Traffic {
  messages: number;
  bytes: number;
}

export interface Watch {
  /** @returns a table of what has passed since the watch began, while so many jobs ran */
  readonly end: (jobs: number) => Promise<string>;
}

const SHOWN = 16;

export async function watchTraffic({ natsUrl, scope }: StartedSystem): Promise<Watch> {
  const observer = await connectBus({ url: natsUrl, name: "bench" });
  const bySubject = new Map<string, Traffic>();
  const root = `_troupe.${scope.namespace}.${scope.pipeline}.${scope.uid}.`;
  const note = (name: string, bytes: number): void => {
    const known = bySubject.get(name) ?? { messages: 0, bytes: 0 };
    bySubject.set(name, { messages: known.messages + 1, bytes: known.bytes + bytes });
  };
  observer.subscribe(`${root}>`, ({ subject, data }) => {
    note(subject.slice(root.length), data.byteLength);
  });
  observer.subscribe(`troupe.${scope.namespace}.${scope.pipeline}.*`, ({ subject, data }) => {
    note(subject, data.byteLength);
  });
  observer.subscribe("_INBOX.>", ({ data }) => {
    note("answers", data.byteLength);
  });
  await observer.flush();
  const begun = performance.now();
  return {
    end: async (jobs) => {
      const seconds = (performance.now() - begun) / 1000;
      await observer.close();
      const rows = [...bySubject].sort(([, a], [, b]) => b.messages - a.messages).slice(0, SHOWN);
      return rows.map(([name, traffic]) => rowOf(name, traffic, jobs, seconds)).join("\n");
    },
  };
}

function rowOf(name: string, { messages, bytes }: Traffic, jobs: number, seconds: number): string {
  const cells = [
    `${short(messages / seconds)} /s`,
    `${short(messages / jobs)} a job`,
    `${short(bytes / messages)} B each`,
    `${short(bytes / jobs)} B a job`,
  ];
  return `    ${cells.map((cell) => cell.padStart(14)).join("")}   ${name}`;
}
