/** The chart, rendered by the real helm. */
import { loadAllYaml } from "@kubernetes/client-node";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { ran } from "./run.ts";

export const CHART = resolve(import.meta.dirname, "../../../charts/troupe");
const BUILT = process.env["CLUSTER_BIN"] ?? join(homedir(), ".cache/troupe-cluster/bin");

/** The helm of this machine, or the one that hack/cluster/build has built. */
export const HELM = [...(process.env["PATH"] ?? "").split(delimiter), BUILT]
  .map((folder) => join(folder, "helm"))
  .find((path) => existsSync(path));

export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

export type Rendered =
  { readonly ok: true; readonly chart: RenderedChart } | { readonly ok: false; readonly problem: string };

export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Folder of the chart; default: that of this checkout. */
  readonly chart?: string;
}

const RELEASE: Release = { name: "t", namespace: "system" };

/** @param values as `--set-json` has them: path → value */
export async function render(
  values: Readonly<Record<string, unknown>> = {},
  { name, namespace, chart = CHART }: Release = RELEASE,
): Promise<Rendered> {
  const sets = Object.entries(values).flatMap(([path, value]) => ["--set-json", `${path}=${JSON.stringify(value)}`]);
  const where = ["--namespace", namespace, "--kube-version", "1.34.0"];
  const { code, stdout, stderr } = await ran([HELM ?? "helm", "template", name, chart, ...where, ...sets]);
  if (code !== 0) return { ok: false, problem: stderr };
  // Plain JSON: the library makes objects of its own classes.
  const documents = JSON.parse(JSON.stringify(loadAllYaml(stdout))) as readonly unknown[];
  return { ok: true, chart: new RenderedChart(documents.filter(isManifest)) };
}

export async function rendered(
  values: Readonly<Record<string, unknown>> = {},
  release?: Release,
): Promise<RenderedChart> {
  const outcome = await render(values, release);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.chart;
}

/** What `helm install` says at its end. Helm shows that only beside a cluster, so a copy of the chart has it as one manifest more. */
export async function notes(values: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-chart-"));
  try {
    await cp(CHART, folder, { recursive: true });
    const text = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}';
    const manifest = `{ kind: Notes, metadata: { name: shown }, text: ${text} }`;
    await writeFile(join(folder, "templates/shown.yaml"), manifest);
    const outcome = await render(values, { ...RELEASE, chart: folder });
    if (!outcome.ok) throw new Error(outcome.problem);
    return String(outcome.chart.one("Notes", "shown")["text"]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The command lines that a text shows: indented by four. */
export function shownCommands(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.startsWith("    ") ? [line.slice(4)] : []));
}

function isManifest(document: unknown): document is Manifest {
  return typeof document === "object" && document !== null && "kind" in document;
}

export class RenderedChart {
  readonly manifests: readonly Manifest[];

  constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests;
  }

  /** The only one of a kind and name. */
  one(kind: string, name: string): Manifest {
    const found = this.of(kind).filter(({ metadata }) => metadata.name === name);
    if (found.length !== 1 || found[0] === undefined)
      throw new Error(`there are ${found.length} of ${kind} ${name}, among ${this.names(kind).join(", ")}`);
    return found[0];
  }

  of(kind: string): readonly Manifest[] {
    return this.manifests.filter((manifest) => manifest.kind === kind);
  }

  names(kind: string): string[] {
    return this.of(kind).map(({ metadata }) => metadata.name);
  }
}

/** What is at a path such as `spec.containers.0.env`; undefined where it leads nowhere. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return Object.entries(inner).find(([name]) => name === key)?.[1];
  }, value);
}

/** A list at a path; empty where there is none. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}
