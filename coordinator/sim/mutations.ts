/**
 * What the simulation has to notice when it is missing. A mutation takes a rule out of the sources while they are loaded, or out of the simulated
 * world; no source knows of it.
 */
import { registerHooks, type ModuleSource } from "node:module";
import type { Mutations } from "./simulation.ts";

interface Edit {
  /** End of the file's path. */
  readonly file: string;
  /** Text that has to stand there; white space is compared loosely. */
  readonly find: string;
  readonly replace: string;
}

interface Mutation {
  readonly what: string;
  readonly world?: Mutations;
  readonly edits?: readonly Edit[];
}

export const MUTATIONS = {
  fence: { what: "the journal takes a frame wherever it stands, without the fence", world: { fence: true } },
  "ack-before-append": {
    what: "submissions and results are acknowledged before they are journalled",
    world: { acknowledgesEarly: true },
  },
  "purge-by-job": {
    what: "what a record held goes by its job's id, whatever else is stored under it by now",
    edits: [
      {
        file: "core/commit.ts",
        find: 'owner.commands.push({ kind: "purge-blob", id, place: undefined });',
        replace: 'owner.commands.push({ kind: "purge-blob", id: jobOfBlob(id), place: undefined });',
      },
    ],
  },
  "no-e2": {
    what: "every result counts, not only the first",
    edits: [
      { file: "core/fold.ts", find: "if (job.outputs[event.module] !== undefined) return IGNORED; // E2", replace: "" },
      {
        file: "core/uplink.ts",
        find: "if (job === undefined || job.end !== undefined || job.outputs[module] !== undefined) {",
        replace: "if (job === undefined || job.end !== undefined) {",
      },
    ],
  },
  "no-inherit": {
    what: "results of any lease count, not only of the one that inherits",
    edits: [
      {
        file: "core/fold.ts",
        find: "return block.lease === undefined || block.lease === event.lease ? block : undefined;",
        replace: "return block;",
      },
    ],
  },
  "overtakes-unclaimed": {
    what: "what becomes ready after a takeover does not wait for what a former owner may have dispatched",
    edits: [{ file: "core/dispatch.ts", find: "if (owner.held.has(group.name)) return;", replace: "" }],
  },
  "any-template": {
    what: "replicas get blocks of any template, not only of their own",
    edits: [{ file: "core/dispatch.ts", find: "templateHash === hash &&", replace: "" }],
  },
  "retry-on-retired": {
    what: "a retried job stays on its revision, whether or not there are replicas for it",
    edits: [
      { file: "core/revisions.ts", find: "return canGoOn ? route.graph : current;", replace: "return route.graph;" },
    ],
  },
  "no-retirement": {
    what: "jobs whose replicas are retired wait for them for ever",
    edits: [
      {
        file: "core/revisions.ts",
        find: "if (control.retired.length === 0) return undefined;",
        replace: "return undefined;",
      },
    ],
  },
  "no-suspension": {
    what: "a suspended pipeline takes jobs",
    edits: [
      {
        file: "core/door.ts",
        find: "const refused = suspension(owner) ?? admission(owner, phase);",
        replace: "const refused = admission(owner, phase);",
      },
    ],
  },
  "page-of-former-life": {
    what: "a page that was under way while its job was retried stands for the job's second life",
    edits: [{ file: "core/tick.ts", find: "owner.state.jobs.get(id)?.end === end", replace: "true" }],
  },
} satisfies Record<string, Mutation>;

export type MutationName = keyof typeof MUTATIONS;

export function isMutation(name: string): name is MutationName {
  return Object.hasOwn(MUTATIONS, name);
}

/** To be called before the sources are loaded. @returns what of it the simulated world has to do. */
export function mutate(name: MutationName): Mutations {
  const { world, edits = [] }: Mutation = MUTATIONS[name];
  if (edits.length > 0) {
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        const due = edits.filter(({ file }) => url.endsWith(file));
        if (due.length === 0) return loaded;
        return { ...loaded, source: due.reduce(applied, textOf(loaded.source)) };
      },
    });
  }
  return world ?? {};
}

function textOf(source: ModuleSource | undefined): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}

/** @throws {Error} when the text is not there (any more): then the mutation has to follow the source. */
function applied(source: string, { file, find, replace }: Edit): string {
  const words = find.split(/\s+/).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const pattern = new RegExp(words.join(String.raw`\s+`), "g");
  const count = source.match(pattern)?.length ?? 0;
  if (count !== 1)
    throw new Error(
      `the mutation of ${file} does not fit: "${find}" stands there ${count} times; bring sim/mutations.ts up to date with ${file}`,
    );
  return source.replace(pattern, () => replace);
}
