/** Pages of ended jobs: many records to a message, with the graphs that they refer to, so that a page explains itself. */
import { Fields, PayloadWriter, openEnvelope } from "@troupe/protocol";
import type { Graph } from "@troupe/model";
import type { Job } from "./job.ts";
import { keptBlobs, restoreJob, storeJob } from "./job-codec.ts";
import { routeOf, type Route } from "./route.ts";

export function encodePage(jobs: readonly Job[]): Uint8Array {
  const writer = new PayloadWriter();
  const graphs = new Map(jobs.map(({ route }) => [route.graph.id, route.graph]));
  const records = jobs.map((job) => storeJob(job, writer, "record"));
  return writer.seal({
    at: Math.max(...jobs.map(({ end }) => end?.at ?? 0)),
    stored: jobs.flatMap(keptBlobs),
    graphs: [...graphs.values()],
    records,
  });
}

export interface PageIndex {
  readonly jobs: readonly string[];
  readonly stored: readonly string[];
  readonly at: number;
}

/** What the index needs of a page. */
export function indexOfPage(data: Uint8Array): PageIndex {
  const page = new Fields(openEnvelope(data).messages, "page");
  const jobs = page.array("records").map((record) => new Fields(record, "record").string("id"));
  const stored = page.array("stored").filter((id) => typeof id === "string");
  return { jobs, stored, at: page.number("at") };
}

/** The jobs on a page, by id. */
export function jobsOfPage(data: Uint8Array): Map<string, Job> {
  const { messages, payloads } = openEnvelope(data);
  const page = new Fields(messages, "page");
  const routes = new Map<string, Route>();
  for (const raw of page.array("graphs")) {
    const graph = new Fields(raw, "graph").as<Graph>();
    for (const phase of ["run", "process"] as const) routes.set(`${graph.id} ${phase}`, routeOf(graph, phase));
  }
  const jobs = page
    .array("records")
    .map((raw) => restoreJob(raw, payloads, (revision, phase) => routes.get(`${revision} ${phase}`)));
  return new Map(jobs.map((job) => [job.id, job]));
}
