/** What is refused before anything runs. */
import type { Pipeline } from "@troupe/sdk";
import test from "ava";
import { pipelineOf, refusalOf } from "./pipelines.ts";
import type { MakeSystem } from "./system.ts";

interface Refusal {
  readonly what: string;
  readonly build: () => Pipeline<string>;
  readonly says: RegExp;
}

const p = (): Pipeline<string> => pipelineOf("refused");

const REFUSALS: readonly Refusal[] = [
  {
    what: "a cycle, by its members",
    build: () =>
      p()
        .addModule("A", "label", { dependsOn: "C" })
        .addModule("B", "label", { dependsOn: "A" })
        .addModule("C", "label", { dependsOn: "B" }),
    says: /ModuleCycle: .*A → C → B → A|ModuleCycle: .*A → B → C → A/,
  },
  {
    what: "a cycle that the first module is no part of",
    build: () =>
      p()
        .addModule("A", "label")
        .addModule("B", "label", { dependsOn: ["A", "C"] })
        .addModule("C", "label", { dependsOn: "B" }),
    says: /ModuleCycle: .*B → C → B/,
  },
  {
    what: "several cycles, each of them",
    build: () =>
      p()
        .addModule("A", "label", { dependsOn: "B" })
        .addModule("B", "label", { dependsOn: "A" })
        .addModule("C", "label", { dependsOn: ["B", "D"] })
        .addModule("D", "label", { dependsOn: "C" }),
    says: /ModuleCycle: .*A → B → A.*\nModuleCycle: .*C → D → C/,
  },
  {
    what: "a module that depends on itself",
    build: () => p().addModule("A", "label", { dependsOn: "A" }),
    says: /SelfDependency: .*A/,
  },
  {
    what: "a cycle between groups",
    build: () =>
      p()
        .addModule("A", "label", { group: "g1" })
        .addModule("B", "label", { group: "g2", dependsOn: "A" })
        .addModule("C", "label", { group: "g1", dependsOn: "B" }),
    says: /GroupCycle: .*g1 → g2 → g1/,
  },
  {
    what: "parts that nothing connects",
    build: () =>
      p()
        .addModule("A", "label")
        .addModule("B", "label", { dependsOn: "A" })
        .addModule("C", "label", { dependsOn: "A" })
        .addModule("D", "label"),
    says: /DisjointGraph: .*A, B, C \| D/,
  },
  {
    what: "two modules of one name",
    build: () => p().addModule("A", "label").addModule("A", "label"),
    says: /DuplicateModule: .*"A"/,
  },
  {
    what: "a module without a group",
    build: () => p().addModule("A", "label", { group: "" }),
    says: /(MissingField|InvalidName|InvalidValue): .*group/i,
  },
  {
    what: "a group without modules",
    build: () => p().addGroup("g2").addModule("A", "label", { group: "g1" }),
    says: /EmptyGroup: .*g2/,
  },
  {
    what: "a group that is added twice",
    build: () => p().addGroup("g1").addGroup("g1").addModule("A", "label", { group: "g1" }),
    says: /DuplicateGroup: .*g1/,
  },
  {
    what: "a dependency on nothing",
    build: () => p().addModule("A", "label", { dependsOn: "X" }),
    says: /UnknownDependency: .*X/,
  },
  {
    what: "an unknown type",
    build: () => p().addModule("A", "lable"),
    says: /UnknownModuleType: .*"lable"/,
  },
  {
    what: "two results of one name",
    build: () => p().addModule("A", "label", { expose: true }).addModule("B", "label", { dependsOn: "A", expose: "A" }),
    says: /ExposeCollision: .*"A" and "B"/,
  },
  {
    what: "an aggregate in a replicated group",
    build: () =>
      p()
        .addGroup({ name: "g2", replicas: 3 })
        .addModule("R", "label", { group: "g1" })
        .addModule("AGG", "collect", { group: "g2", dependsOn: "R" }),
    says: /AggregateNotReplicable: .*"g2".*"AGG".*3/,
  },
  {
    what: "a module with regular and aggregated parents",
    build: () =>
      p()
        .addModule("R", "label")
        .addModule("AGG", "collect", { dependsOn: "R" })
        .addModule("M", "label", { dependsOn: ["R", "AGG"] }),
    says: /MixedParents: Module "M" depends on "R".*and on "AGG"/,
  },
  {
    what: "an aggregate with regular and aggregated parents",
    build: () =>
      p()
        .addModule("R", "label")
        .addModule("AGG", "collect", { dependsOn: "R" })
        .addModule("AGG2", "collect", { dependsOn: ["AGG", "R"] }),
    says: /MixedParents: Module "AGG2"/,
  },
  {
    what: "a result of another interface, however alike",
    build: () => p().addModule("P", "gives-colour-image").addModule("T", "takes-image", { dependsOn: "P" }),
    says: /InterfaceMismatch: Module "T" \(takes-image\).*"P" \(gives-colour-image, which produces colour-image\).*accepts: image\./,
  },
  {
    what: "any result, for a module that takes none",
    build: () => p().addModule("P", "gives-image").addModule("T", "takes-nothing", { dependsOn: "P" }),
    says: /InterfaceMismatch: Module "T".*"P".*accepts: nothing\./,
  },
  {
    what: "one mismatch among parents that fit",
    build: () =>
      p()
        .addModule("P", "gives-image")
        .addModule("Q", "gives-text", { dependsOn: "P" })
        .addModule("T", "takes-image", { dependsOn: ["P", "Q"] }),
    says: /^InterfaceMismatch: Module "T".*"Q"[^\n]*$/,
  },
  {
    what: "no replicas at all for a group of a pipeline",
    build: () => p().addGroup({ name: "g1", replicas: -1 }).addModule("A", "label", { group: "g1" }),
    says: /InvalidValue: .*replicas/,
  },
];

export function describeBuild(name: string, makeSystem: MakeSystem): void {
  for (const { what, build, says } of REFUSALS) {
    test.serial(`${name}: refused: ${what}`, async (t) => {
      t.regex(refusalOf(await t.throwsAsync(makeSystem(build()))), says);
    });
  }

  test.serial(`${name}: results of an accepted interface or of an accepted class are handed over`, async (t) => {
    const pipeline = pipelineOf("interfaces")
      .addModule("P", "gives-image")
      .addModule("T", "takes-image", { dependsOn: "P", expose: true })
      .addModule("G", "takes-giver", { dependsOn: "P", expose: true });
    await using system = await makeSystem(pipeline);
    t.deepEqual(await system.client.run(null), { T: ["image of P"], G: ["image of P"] });
  });
}
