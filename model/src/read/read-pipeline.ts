/**
 * Reads a file: text → nodes with places (`yaml/`) → placeholders → one Pipeline, be it a manifest (`troupe.ts`) or a MAGDA
 * configuration (`magda.ts`) → validation (`../validate.ts`).
 */
import { toDnsLabel } from "../dns-label.ts";
import { groupPaths } from "../group-paths.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ConfigMapManifest, GroupManifest, ModuleTypeFacts, PipelineManifest } from "../manifest.ts";
import { placed, type Finding, type Locate, type Problem } from "../problem.ts";
import { inOrder, validateManifest } from "../validate.ts";
import { composeYaml } from "../yaml/compose.ts";
import type { MappingNode, YamlFinding, YamlNode } from "../yaml/node.ts";
import { shield, unshield } from "../yaml/shield.ts";
import { leaveAsWritten, substitute, type Substitution } from "../yaml/substitute.ts";
import { choosePipeline } from "./choose-pipeline.ts";
import type { Conversion } from "./conversion.ts";
import { sortDocuments, type SortedDocuments } from "./documents.ts";
import { foreignGroups } from "./foreign-groups.ts";
import { warnOfOtherReading } from "./kubectl-reading.ts";
import { convertMagda } from "./magda.ts";
import { Places } from "./places.ts";
import { convertConfigMap, convertGroupResources, convertPipeline, isTemplatePath } from "./troupe.ts";

export interface ReadOptions {
  /** Name of the file, for messages; its base name is the pipeline's name when the text gives none. */
  readonly file: string;
  /** Values of `${NAME}` placeholders. */
  readonly set?: Readonly<Record<string, string>>;
  /** Wins over the context of the file. */
  readonly context?: Json;
  /** What is registered; absent: types are not checked. */
  readonly types?: readonly ModuleTypeFacts[];
  /** Files and folders that were searched for modules, for the message about an unknown type. */
  readonly lookedIn?: readonly string[];
}

/** A file that was read, and has no problems. */
export interface ReadPipeline {
  readonly ok: true;
  /** Complete: context and shared parameters are part of its spec. */
  readonly manifest: PipelineManifest;
  /** All Groups of the file, free-standing ones included. */
  readonly groups: readonly GroupManifest[];
  readonly configMaps: readonly ConfigMapManifest[];
  readonly context: Json;
  readonly sharedParameters: JsonObject;
  readonly format: "troupe" | "magda";
  /** What was read but has no effect, or may not mean what it seems to. */
  readonly warnings: readonly Problem[];
  readonly locate: Locate;
}

export interface RefusedPipeline {
  readonly ok: false;
  readonly problems: readonly Problem[];
}

/** Reads a Pipeline manifest or a MAGDA configuration (YAML or JSON), and validates it. Never throws. */
export function readPipeline(text: string, options: ReadOptions): ReadPipeline | RefusedPipeline {
  const reading = new Reading(text, options);
  const composed = composeYaml(shield(text));
  composed.findings.forEach((finding) => {
    reading.refuseAt(finding);
  });
  if (composed.documents.length === 0) return reading.refuseEmpty();
  const sorted = sortDocuments(composed.documents);
  sorted.findings.forEach(({ finding, offset }) => {
    reading.refuseAt({ ...finding, offset });
  });
  const chosen = choosePipeline(sorted);
  if ("finding" in chosen) {
    reading.refuseAt(chosen);
    return reading.refused();
  }
  return reading.read(chosen.document, chosen.format, sorted);
}

class Reading {
  readonly #options: ReadOptions;
  readonly #places: Places;
  readonly #problems: Problem[] = [];
  readonly #substitution: Substitution;

  constructor(text: string, options: ReadOptions) {
    this.#options = options;
    this.#places = new Places(text);
    this.#substitution = { values: options.set ?? {}, used: new Set(), findings: [], exempt: isTemplatePath };
  }

  refuseAt({ code, message, hint, path, offset }: YamlFinding | (Finding & { readonly offset: number })): void {
    const place = this.#places.at(offset);
    const shown = { message: unshield(message), hint: unshield(hint), path: unshield(path) };
    this.#problems.push({ code, ...shown, line: place.line, column: place.column, file: this.#options.file });
  }

  refuseEmpty(): RefusedPipeline {
    if (this.#problems.length === 0) {
      const message = `${this.#options.file} is empty.`;
      this.refuseAt({ code: "EmptyFile", message, hint: "Declare a Pipeline in it.", path: "", offset: 0 });
    }
    return this.refused();
  }

  refused(): RefusedPipeline {
    return { ok: false, problems: inOrder(this.#problems) };
  }

  read(document: MappingNode, format: "troupe" | "magda", sorted: SortedDocuments): ReadPipeline | RefusedPipeline {
    const conversion: Conversion = { places: this.#places, findings: [], warnings: [] };
    const pipeline = this.#withContext(this.#convert(document, format, conversion));
    const documents = sorted.groups.map((group) => this.#substituted(group));
    const resources = convertGroupResources(documents, this.#places);
    const paths = groupPaths(resources);
    documents.forEach((group, index) => {
      warnOfOtherReading(group, paths[index] ?? "", conversion);
    });
    this.#substitution.findings.forEach((finding) => {
      this.refuseAt(finding);
    });
    const { locate } = this.#places;
    const file = this.#options.file;
    this.#problems.push(...this.#sourced(conversion.findings.map((finding) => placed(finding, locate, file))));
    const [manifest, groups] = [asPipeline(pipeline), asGroups(resources)];
    this.#problems.push(...this.#sourced(validateManifest(manifest, { ...this.#options, groups, locate })));
    if (this.#problems.length > 0) return this.refused();
    const warnings = [...conversion.warnings, ...foreignGroups(groups, manifest.metadata.name), ...this.#unused()];
    return {
      ok: true,
      manifest,
      groups,
      configMaps: sorted.configMaps.flatMap((configMap) => convertConfigMap(plainMapping(configMap))),
      context: manifest.spec.context ?? null,
      sharedParameters: manifest.spec.sharedParameters ?? {},
      format,
      warnings: inOrder(this.#sourced(warnings.map((finding) => placed(finding, locate, file)))),
      locate,
    };
  }

  #convert(document: MappingNode, format: "troupe" | "magda", conversion: Conversion): Json {
    const substituted = this.#substituted(document);
    if (format === "troupe") {
      warnOfOtherReading(substituted, "", conversion);
      return convertPipeline(substituted, this.#places);
    }
    return convertMagda(substituted, defaultName(this.#options.file), conversion);
  }

  #substituted(document: MappingNode): MappingNode {
    const node = substitute(document, "", this.#substitution);
    return isMapping(node) ? node : document;
  }

  #withContext(pipeline: Json): Json {
    const { context } = this.#options;
    if (context === undefined || !isObject(pipeline)) return pipeline;
    const { spec } = pipeline;
    return spec === undefined || !isObject(spec) ? pipeline : { ...pipeline, spec: { ...spec, context } };
  }

  /** Paths as the user's file has them. */
  #sourced(problems: readonly Problem[]): Problem[] {
    return problems.map((problem) => ({ ...problem, path: this.#places.sourcePath(problem.path) }));
  }

  #unused(): Finding[] {
    const unused = Object.keys(this.#options.set ?? {}).filter((name) => !this.#substitution.used.has(name));
    return unused.map((name) => ({
      code: "UnusedPlaceholder",
      message: `A value was given for "${name}", but no placeholder \${${name}} is in the file.`,
      hint: `Write \${${name}} where the value belongs, or leave out --set ${name}=….`,
      path: "",
    }));
  }
}

/** The only casts: the validator sees the value next, and one with a problem is not returned. */
function asPipeline(value: Json): PipelineManifest {
  return value as unknown as PipelineManifest;
}

function asGroups(values: readonly Json[]): readonly GroupManifest[] {
  return values as unknown as readonly GroupManifest[];
}

function plainMapping(node: MappingNode): MappingNode {
  const plain = leaveAsWritten(node);
  return isMapping(plain) ? plain : node;
}

function isMapping(node: YamlNode): node is MappingNode {
  return node.kind === "mapping";
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function defaultName(file: string): string {
  const base = file.split(/[\\/]/).at(-1) ?? "";
  return toDnsLabel(base.replace(/\.[^.]*$/, "")) ?? "pipeline";
}
