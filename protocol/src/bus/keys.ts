import { Fields } from "../fields.ts";
import { subjectOf } from "./buckets.ts";
import { JetStreamError, JS_CODE, streamInfo } from "./jetstream.ts";
import type { Bus } from "./port.ts";

/**
 * The keys of a bucket that match `filter`, which may have NATS's wildcards.
 * @returns null when there is no such bucket: that nothing is known of its keys is another matter than that there are none.
 */
export async function listKeys(bus: Bus, bucket: string, filter: string): Promise<string[] | null> {
  const prefix = subjectOf(bucket, "");
  const keys: string[] = [];
  try {
    for (;;) {
      const page = await subjectsPage(bus, `KV_${bucket}`, prefix + filter, keys.length);
      keys.push(...page.subjects.map((subject) => subject.slice(prefix.length)));
      if (page.subjects.length === 0 || keys.length >= page.total) return keys;
    }
  } catch (error) {
    if (error instanceof JetStreamError && error.code === JS_CODE.streamNotFound) return null;
    throw error;
  }
}

async function subjectsPage(
  bus: Bus,
  stream: string,
  filter: string,
  offset: number,
): Promise<{ readonly subjects: string[]; readonly total: number }> {
  const info = await streamInfo(bus, stream, { subjects_filter: filter, offset });
  const state = info.object("state");
  if (!state.has("subjects")) return { subjects: [], total: 0 };
  const subjects = Object.keys(new Fields(state.get("subjects"), "subjects").as<Record<string, number>>());
  return { subjects, total: info.has("total") ? info.number("total") : subjects.length };
}
