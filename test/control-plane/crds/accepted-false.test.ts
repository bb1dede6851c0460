/** What the API server takes although something is wrong with it, the operator refuses, with the code and in the words of `troupe validate`. */
import test from "ava";
import { isDeepStrictEqual } from "node:util";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "../operator/shared-world.ts";
import { Place } from "../operator/world.ts";
import { apiOf, type Api } from "./api.ts";
import { policyIsEnforced } from "./apply-crds.ts";
import { isLoose, type Loose } from "./loose.ts";
import { readMistakes } from "./mistake.ts";
import { sent, SPOILERS, spoiltBy, validate } from "./spoilers.ts";
import { expectedOf, verdictsIn, type Verdict } from "./verdicts.ts";
import { weirdManifest } from "./weird-manifest.ts";

/** These mean something, if not what they seem to mean: once they are JSON, nothing is wrong with them. */
const MISLEADING = ["AmbiguousYaml", "DuplicateKey"];

/** What is wrong between two objects the operator says of the one, with the name of the other. */
const ACROSS: Readonly<Record<string, string>> = {
  DuplicateGroup:
    "Group two-groups-1 settles the group g (spec.group) already; this one is ignored. Delete one of the two.",
  UnknownGroup:
    'The Pipeline unknown-group has no group h (spec.group): no module names it. Did you mean "g"? Its groups are: g.',
};

const FROM = Number(process.env["TROUPE_SEED"] ?? 1);
const EACH = 4;
const WEIRD = 600;

const world = sharedWorld();

test.serial(
  "a mistake that the API server does not see becomes Accepted=False with its code and its words",
  async (t) => {
    const unseen = (await readMistakes()).filter(({ code, refusal }) => refusal === null && !MISLEADING.includes(code));
    t.true(unseen.length >= 10);
    for (const { file, code, words } of unseen) {
      const namespace = await world.plane.namespace("mistake");
      await world.plane.kubectl("apply", "-f", file, "-n", namespace);
      let last: Verdict[] = [];
      await eventually(`Accepted=False, ${code} of ${file}`, async () => {
        last = [...(await verdictsIn(world, namespace)).values()].filter(({ status }) => status === "False");
        return last.some(({ reason }) => reason === code);
      });
      t.deepEqual([...new Set(last.map(({ reason }) => reason))], [code], file);
      // The status of a free-standing Group has no need to say which Group it is.
      const expected = ACROSS[code] ?? `${code} at ${words.replace(/^Group\/[\w-]+\./, "")}`;
      t.true(
        last.some(({ message }) => message.includes(expected)),
        `${file}\nexpected: ${expected}\nsaid: ${JSON.stringify(last, null, 1)}`,
      );
    }
  },
);

test.serial(
  "whatever the validator alone refuses of the generated specs becomes Accepted=False in its words",
  async (t) => {
    await policyIsEnforced(world.plane);
    const namespace = await world.plane.namespace("generated");
    using api = apiOf(world.plane, namespace);
    const expected = new Map<string, Verdict>();
    for (const manifest of await refusedByTheValidatorAlone(api)) {
      const name = `spoilt-${expected.size}`;
      const own = await create(api, { ...manifest, metadata: { ...sectionOf(manifest, "metadata"), name } });
      const verdict = expectedOf(own);
      if (verdict === null) throw new Error(`nothing is wrong with ${JSON.stringify(own)}`);
      expected.set(`${String(own["kind"])}/${name}`, verdict);
    }
    const codes = countsOf([...expected.values()].map(({ reason }) => reason));
    t.log(`${expected.size} refused: ${codes}`);
    t.true(expected.size >= 40, codes);
    t.deepEqual(await otherwise(namespace, expected), []);
  },
);

test.serial("a Group's own mistake is said first, and of no other Group", async (t) => {
  const place = await Place.in(world);
  const source = { image: "film:1" };
  const modules = [
    { name: "A", type: "t", group: "g" },
    { name: "B", type: "t", group: "h", dependsOn: ["A"] },
  ];
  const template = { spec: { volumes: [{ name: "troupe-code" }] } };
  const of = (name: string, group: string): { pipelineRef: { name: string }; group: string } => ({
    pipelineRef: { name },
    group,
  });
  await place.applyPipeline("p", { source, modules });
  await place.applyGroup("tuned", of("p", "g"));
  await place.applyGroup("tuned-too", { ...of("p", "h"), template, resources: { gpu: "0.5" } });
  await place.applyGroup("orphan", { ...of("q", "g"), template });
  await place.until("pipeline", "p", "Accepted", "False TemplateConflict");
  await place.until("group", "tuned-too", "Accepted", "False TemplateConflict");
  await place.until("group", "orphan", "Accepted", "False TemplateConflict");
  // All of that is known when this is looked at.
  await place.applyGroup("tuned", { ...of("p", "g"), concurrency: 2 });
  await eventually("it was looked at again", async () => (await verdictsIn(world, place.namespace)).has("Group/tuned"));
  t.is(await place.condition("group", "tuned", "Accepted"), "True Valid");
});

/** Spoilt and weird ones of both kinds, the free-standing and the declared among the Groups. */
async function refusedByTheValidatorAlone(api: Api): Promise<Loose[]> {
  const spoilt = SPOILERS.filter(({ seenBy }) => seenBy === "validator").flatMap((spoiler) =>
    [...spoiltBy(spoiler, { from: FROM, count: EACH })].map(({ manifest }) => sent(manifest)),
  );
  const weird: Loose[] = [];
  for (let seed = FROM; seed < FROM + WEIRD; seed += 1) {
    const manifest = sent(weirdManifest(seed).manifest);
    const isRefused = validate({ ...manifest, status: undefined }).length > 0;
    if (isRefused && (await api.ask(manifest)).accepted) weird.push(manifest);
  }
  return [...spoilt, ...weird];
}

/** A declared Group with the pipeline that it settles a group of. @returns what was created */
async function create(api: Api, manifest: Loose): Promise<Loose> {
  const spec = sectionOf(manifest, "spec");
  const isDeclared = spec["pipelineRef"] !== undefined;
  const pipeline = `of-${String(sectionOf(manifest, "metadata")["name"])}`;
  const own = isDeclared ? { ...manifest, spec: { ...spec, pipelineRef: { name: pipeline } } } : manifest;
  if (isDeclared)
    await taken(api, {
      apiVersion: "troupe.dev/v1alpha1",
      kind: "Pipeline",
      metadata: { name: pipeline },
      spec: { source: { image: "film:1" }, modules: [{ name: "A", type: "t", group: spec["group"] }] },
    });
  await taken(api, own);
  return own;
}

async function taken(api: Api, manifest: Loose): Promise<void> {
  const answer = await api.create(manifest);
  if (!answer.accepted) throw new Error(`${answer.message}: ${JSON.stringify(manifest)}`);
}

/** Waits until the operator says of each what it is to say. @returns those of which it said something else to the end */
async function otherwise(namespace: string, expected: ReadonlyMap<string, Verdict>): Promise<unknown[]> {
  let wrong: unknown[] = [];
  const until = performance.now() + 90_000;
  await eventually(
    "the operator has said what it is to say, or had its time",
    async () => {
      const all = await verdictsIn(world, namespace);
      wrong = [...expected].flatMap(([key, verdict]) =>
        isDeepStrictEqual(all.get(key), verdict) ? [] : [{ key, said: all.get(key), expected: verdict }],
      );
      return wrong.length === 0 || performance.now() > until;
    },
    120_000,
  );
  return wrong;
}

function sectionOf(manifest: Loose, section: "metadata" | "spec"): Loose {
  const value = manifest[section];
  return isLoose(value) ? value : {};
}

function countsOf(words: readonly string[]): string {
  const counts = Map.groupBy(words, (word) => word);
  return [...counts].map(([word, all]) => `${word} ${all.length}`).join(", ");
}
