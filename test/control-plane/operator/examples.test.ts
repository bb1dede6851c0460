/** Every manifest in examples/ meets an operator: it is accepted, or refused with what its documentation says is missing, and then accepted. */
import test, { type ExecutionContext } from "ava";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { configOf, Place } from "./world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const EXAMPLES = join(ROOT, "examples");

interface Example {
  readonly kind: "pipeline" | "group";
  readonly name: string;
  /** As many Groups has it, itself included where it is one. */
  readonly groups: number;
  /** The ConfigMap that it is not accepted without, and the files that make it, beside the manifest. @default it has one, or needs none */
  readonly modules?: { readonly configMap: string; readonly files: readonly string[] };
  /** It claims half of a GPU, which an installation has to offer. @default false */
  readonly isFraction?: boolean;
}

const modulesOf = (configMap: string): Pick<Example, "modules"> => ({ modules: { configMap, files: ["modules"] } });
const pipeline = (name: string, groups: number, more: Partial<Example> = {}): Example => ({
  kind: "pipeline",
  name,
  groups,
  ...more,
});

/** Every YAML file of the folder, but for those of MAGDA. */
const MANIFESTS: Readonly<Record<string, Example>> = {
  "actor-pool/kubernetes.yaml": pipeline("actor-pool", 3),
  "actor-pool/one-replica.yaml": pipeline("one-replica", 3, modulesOf("actor-pool-modules")),
  "actor-pool/pipeline.yaml": pipeline("actor-pool", 3, modulesOf("actor-pool-modules")),
  "actors/group.yaml": {
    kind: "group",
    name: "workers",
    groups: 1,
    modules: { configMap: "actor-examples", files: ["messages.ts", "supervisor.ts", "digits.ts", "shared.ts"] },
  },
  "aggregate/kubernetes.yaml": pipeline("aggregate", 2),
  "aggregate/pipeline.yaml": pipeline("aggregate", 2, modulesOf("aggregate-modules")),
  "documents/pipeline.yaml": pipeline("documents", 5),
  "module-start/kubernetes.yaml": pipeline("module-start", 3),
  "module-start/pipeline.yaml": pipeline("module-start", 3, modulesOf("module-start-modules")),
  "resources/kubernetes.yaml": pipeline("resources", 3, { isFraction: true }),
  "resources/pipeline.yaml": pipeline("resources", 3, { isFraction: true, ...modulesOf("resources-modules") }),
  "simple/kubernetes.yaml": pipeline("simple", 3),
  "simple/pipeline.yaml": pipeline("simple", 3, modulesOf("simple-modules")),
};

/** Files of MAGDA are no manifests; `troupe convert` makes them some, which have yet to be told where their modules are. */
const OF_MAGDA: Readonly<Record<string, Example & { readonly flags?: readonly string[] }>> = {
  "magda/actor-pool.yml": pipeline("actor-pool", 3),
  "magda/groups.yml": { ...pipeline("groups", 2), flags: ["--set", "answer=result"] },
  "magda/resources.yml": pipeline("resources", 3, { isFraction: true }),
  "magda/simple.yml": pipeline("simple", 3),
};

const world = sharedWorld();
/** Refused for their fractions alone, until somebody says how to share a GPU. */
const waiting: { readonly place: Place; readonly example: Example }[] = [];

test.serial("every file is here", async (t) => {
  const files = (await readdir(EXAMPLES, { recursive: true })).filter((name) => /\.ya?ml$/.test(name));
  t.deepEqual(files.toSorted(), [...Object.keys(MANIFESTS), ...Object.keys(OF_MAGDA)].toSorted());
});

for (const [file, example] of Object.entries(MANIFESTS))
  test.serial(file, async (t) => {
    const place = await Place.in(world);
    await world.plane.kubectl("apply", "--namespace", place.namespace, "-f", join(EXAMPLES, file));
    if (example.modules !== undefined) {
      await place.until(example.kind, example.name, "Accepted", "False SourceNotFound");
      t.regex(await message(place, example), new RegExp(`There is no ConfigMap ${example.modules.configMap} in this`));
      const from = example.modules.files.map((name) => `--from-file=${join(EXAMPLES, dirname(file), name)}`);
      await createConfigMap(place, example.modules.configMap, from);
    }
    await isTaken(t, place, example);
  });

for (const [file, { flags = [], ...example }] of Object.entries(OF_MAGDA))
  test.serial(`${file}, converted`, async (t) => {
    const place = await Place.in(world);
    const path = join(EXAMPLES, file);
    const apply = async (from: string): Promise<string> =>
      world.plane.kubectl("apply", "--namespace", place.namespace, "-f", from);
    await t.throwsAsync(apply(path), { message: /apiVersion not set|Object 'Kind' is missing/ });
    const { stdout } = await promisify(execFile)(join(ROOT, "troupe"), ["convert", path, ...flags], { cwd: ROOT });
    const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
    try {
      await writeFile(join(folder, "pipeline.yaml"), stdout);
      await apply(join(folder, "pipeline.yaml"));
    } finally {
      await rm(folder, { recursive: true });
    }
    await place.until("pipeline", example.name, "Accepted", "False SourceMissing");
    t.regex(await message(place, example), /Set spec\.source\.configMap/);
    await createConfigMap(place, "magda-modules", [`--from-file=${join(EXAMPLES, "magda/modules")}`]);
    const patch = JSON.stringify({ spec: { source: { configMap: "magda-modules" } } });
    const where = ["pipeline", example.name, "--namespace", place.namespace];
    await world.plane.kubectl("patch", ...where, "--type=merge", "--patch", patch);
    await isTaken(t, place, example);
  });

test.serial("halves of a GPU are accepted where the installation says how to share one", async (t) => {
  t.is(waiting.length, 3);
  const { installation } = configOf(world.nats.url);
  const gpuSlices = { resource: "nvidia.com/gpu.shared", slices: 2 };
  await world.replaceOperator(async () => undefined, { installation: { ...installation, gpuSlices } });
  for (const { place, example } of waiting) await isTaken(t, place, { ...example, isFraction: false });
});

test.serial("what the actors' README makes the ConfigMap of is what is tested here", async (t) => {
  const readme = await readFile(join(EXAMPLES, "actors/README.md"), "utf8");
  const { configMap, files } = MANIFESTS["actors/group.yaml"]?.modules ?? { configMap: "", files: [] };
  const line = ["kubectl create configmap", configMap, ...files.map((name) => `--from-file=${name}`)].join(" ");
  t.true(readme.includes(`${line}\n`), line);
});

/** Waits until it is accepted and its Groups have Deployments, or refused for its fraction. */
async function isTaken(t: ExecutionContext, place: Place, example: Example): Promise<void> {
  const { kind, name, groups } = example;
  if (example.isFraction === true) {
    await place.until(kind, name, "Accepted", "False FractionalGpuNotConfigured");
    t.regex(await message(place, example), /set gpu\.shared\.resource and gpu\.shared\.slices of the Helm chart/);
    waiting.push({ place, example });
    return;
  }
  await place.until(kind, name, "Accepted", "True Valid");
  await eventually(`${groups} Groups`, async () => (await place.groups()).length === groups);
  for (const { metadata } of await place.groups()) await place.until("group", metadata.name, "Accepted", "True Valid");
  await eventually("a Deployment for each", async () => (await place.deployments()).length === groups);
  t.deepEqual(
    (await place.deployments()).map(({ metadata }) => metadata.ownerReferences?.map((owner) => owner.name)),
    (await place.groups()).map((group) => [group.metadata.name]),
  );
}

async function message(place: Place, { kind, name }: Example): Promise<string> {
  const object = kind === "pipeline" ? await place.pipeline(name) : await place.group(name);
  return object?.status?.conditions.find(({ type }) => type === "Accepted")?.message ?? "";
}

async function createConfigMap(place: Place, name: string, from: readonly string[]): Promise<void> {
  await world.plane.kubectl("create", "configmap", name, "--namespace", place.namespace, ...from);
}
