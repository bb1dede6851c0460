import type { GroupManifest, GroupSettings, ModuleTypeFacts } from "../manifest.ts";
import { groupPaths } from "../group-paths.ts";
import { itemPath, keyPath } from "../path.ts";
import {
  fieldOf,
  mappingsOf,
  textOf,
  type Draft,
  type DraftGroup,
  type DraftModule,
  type SettledGroup,
} from "./draft.ts";
import { isPlainObject } from "../canonical-json.ts";

export interface DraftOptions {
  readonly groups?: readonly GroupManifest[] | undefined;
  readonly types?: readonly ModuleTypeFacts[] | undefined;
  readonly lookedIn?: readonly string[] | undefined;
}

export function makeDraft(manifest: unknown, options: DraftOptions): Draft {
  const found = fieldOf(manifest, "spec");
  const spec = isPlainObject(found) ? found : {};
  const facts = new Map((options.types ?? []).map((type) => [type.type, type]));
  const modules = mappingsOf(spec["modules"], "spec.modules").flatMap(({ value, path }) =>
    draftModule(value, path, facts),
  );
  const listedGroups = mappingsOf(spec["groups"], "spec.groups").flatMap(({ value, path }) => {
    const name = textOf(value["name"]);
    return name === null ? [] : [{ path, name, namePath: `${path}.name`, settings: value, settingsPath: path }];
  });
  const groupResources = draftGroupResources(
    options.groups ?? [],
    textOf(fieldOf(fieldOf(manifest, "metadata"), "name")),
  );
  return {
    modules,
    parents: parentsOf(modules),
    listedGroups,
    groupResources,
    groups: settleGroups(modules, listedGroups, groupResources),
    spec,
    types: options.types ?? null,
    lookedIn: options.lookedIn ?? [],
  };
}

/** A Group by itself, as if it were all that settles its group; null when it has no settings. */
export function draftLoneGroup(group: unknown, path: string): Draft | null {
  const settings = fieldOf(group, "spec");
  if (!isPlainObject(settings)) return null;
  const name = textOf(settings["group"]) ?? textOf(fieldOf(fieldOf(group, "metadata"), "name")) ?? "";
  const settingsPath = keyPath(path, "spec");
  const drafted = { path, name, namePath: keyPath(settingsPath, "group"), settings, settingsPath };
  return {
    modules: [],
    parents: [],
    listedGroups: [],
    groupResources: [drafted],
    groups: settleGroups([], [drafted], []),
    spec: {},
    types: null,
    lookedIn: [],
  };
}

function draftModule(
  value: Record<string, unknown>,
  path: string,
  facts: ReadonlyMap<string, ModuleTypeFacts>,
): DraftModule[] {
  const name = textOf(value["name"]);
  if (name === null) return [];
  const { dependsOn, expose, aggregate } = value;
  const type = textOf(value["type"]);
  const known = type === null ? undefined : facts.get(type);
  const declaredAggregate = typeof aggregate === "boolean" ? aggregate : undefined;
  return [
    {
      path,
      name,
      type,
      group: textOf(value["group"]),
      dependsOn: (Array.isArray(dependsOn) ? dependsOn : []).flatMap((parent: unknown, index) =>
        typeof parent === "string" ? [{ name: parent, path: itemPath(`${path}.dependsOn`, index) }] : [],
      ),
      exposedAs: expose === true ? name : textOf(expose),
      aggregate: declaredAggregate === true || known?.aggregate === true,
      declaredAggregate,
      facts: known ?? null,
    },
  ];
}

function draftGroupResources(groups: readonly GroupManifest[], pipeline: string | null): DraftGroup[] {
  const paths = groupPaths(groups);
  return groups.flatMap((group: unknown, index) => {
    const path = paths[index] ?? "";
    const settings = fieldOf(group, "spec");
    const name = textOf(fieldOf(settings, "group"));
    if (name === null || !isPlainObject(settings) || fieldOf(settings["pipelineRef"], "name") !== pipeline) return [];
    return [{ path, name, namePath: `${path}.spec.group`, settings, settingsPath: `${path}.spec` }];
  });
}

function parentsOf(modules: readonly DraftModule[]): number[][] {
  const indexOf = new Map<string, number>();
  modules.forEach((module, index) => {
    if (!indexOf.has(module.name)) indexOf.set(module.name, index);
  });
  return modules.map((module, index) => {
    const parents = new Set(module.dependsOn.map((parent) => indexOf.get(parent.name)));
    return [...parents].filter((parent): parent is number => parent !== undefined && parent !== index);
  });
}

function settleGroups(
  modules: readonly DraftModule[],
  listed: readonly DraftGroup[],
  resources: readonly DraftGroup[],
): Map<string, SettledGroup> {
  const names = new Set([...modules.flatMap(({ group }) => group ?? []), ...listed.map(({ name }) => name)]);
  const settle = (name: string): SettledGroup => {
    const sources = [...resources, ...listed].filter((group) => group.name === name);
    return {
      name,
      modules: modules.flatMap((module, index) => (module.group === name ? [index] : [])),
      setting: (field: keyof GroupSettings) => {
        const source = sources.find(({ settings }) => settings[field] !== undefined && settings[field] !== null);
        return source === undefined
          ? null
          : { value: source.settings[field], path: keyPath(source.settingsPath, field) };
      },
    };
  };
  return new Map([...names].map((name) => [name, settle(name)]));
}
