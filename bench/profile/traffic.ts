/** What passes through NATS for a pipeline: messages and bytes a job, by subject. */
import { connectBus } from "@troupe/protocol";
import type { StartedSystem } from "@troupe/sdk";
import type { Repetition } from "../measure/throughput.ts";
import { short } from "../report/table.ts";

interface Traffic {
  messages: number;
  bytes: number;
}

export async function trafficOf({ natsUrl, scope }: StartedSystem, load: () => Promise<Repetition>): Promise<string> {
  await using observer = await connectBus({ url: natsUrl, name: "bench" });
  const bySubject = new Map<string, Traffic>();
  const root = `_troupe.${scope.namespace}.${scope.pipeline}.${scope.uid}.`;
  const note = (subject: string, bytes: number): void => {
    const known = bySubject.get(subject) ?? { messages: 0, bytes: 0 };
    bySubject.set(subject, { messages: known.messages + 1, bytes: known.bytes + bytes });
  };
  for (const pattern of [`${root}>`, `troupe.${scope.namespace}.${scope.pipeline}.*`, "_INBOX.>"]) {
    observer.subscribe(pattern, ({ subject, data }) => {
      note(subject.startsWith(root) ? subject.slice(root.length) : subject.replace(/^_INBOX\..*/, "_INBOX (answers)"), data.byteLength);
    });
  }
  await observer.flush();
  const { jobs, jobsPerSecond } = await load();
  const rows = [...bySubject].sort(([, a], [, b]) => b.messages - a.messages).slice(0, 16);
  return rows
    .map(([subject, { messages, bytes }]) => {
      const rate = (messages / jobs) * jobsPerSecond;
      return `    ${short(rate).padStart(7)} /s ${short(messages / jobs).padStart(6)} a job ${short(bytes / messages).padStart(8)} B each   ${subject}`;
    })
    .join("\n");
}
