/**
 * What the rules look at: the parts of a manifest that have the right form, with their paths. A manifest may be wrong in any
 * way, and a fault in one place must not hide another.
 */
import { isPlainObject } from "../canonical-json.ts";
import type { GroupSettings, ModuleTypeFacts } from "../manifest.ts";
import { itemPath, keyPath } from "../path.ts";

export interface Draft {
  readonly modules: readonly DraftModule[];
  /** The edges that are in order: unknown, repeated and self dependencies left out. */
  readonly parents: readonly (readonly number[])[];
  /** `spec.groups`, in its order. */
  readonly listedGroups: readonly DraftGroup[];
  /** Group resources that settle a group of this pipeline. */
  readonly groupResources: readonly DraftGroup[];
  readonly groups: ReadonlyMap<string, SettledGroup>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly types: readonly ModuleTypeFacts[] | null;
  readonly lookedIn: readonly string[];
}

export interface DraftModule {
  readonly path: string;
  readonly name: string;
  readonly type: string | null;
  readonly group: string | null;
  readonly dependsOn: readonly { readonly name: string; readonly path: string }[];
  /** The name of its result in the job's result; null: not exposed. */
  readonly exposedAs: string | null;
  /** Whether it is an aggregate, by what the manifest and its type say. */
  readonly aggregate: boolean;
  /** What the manifest says; undefined: nothing. */
  readonly declaredAggregate: boolean | undefined;
  readonly facts: ModuleTypeFacts | null;
}

export interface DraftGroup {
  readonly path: string;
  readonly name: string;
  /** Path of the field that names the group. */
  readonly namePath: string;
  /** The object that holds the settings, and its path. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly settingsPath: string;
}

/** A setting with the place that it comes from: a Group resource wins over `spec.groups`. */
export interface Setting {
  readonly value: unknown;
  readonly path: string;
}

export interface SettledGroup {
  readonly name: string;
  readonly modules: readonly number[];
  readonly setting: (field: keyof GroupSettings) => Setting | null;
}

export function fieldOf(value: unknown, key: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The items of a list that are mappings, with their paths. */
export function mappingsOf(value: unknown, path: string): { value: Record<string, unknown>; path: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) =>
    isPlainObject(item) ? [{ value: item, path: itemPath(path, index) }] : [],
  );
}

/** A part of a setting, with its path. */
export function partOf(setting: Setting | null, key: string): Setting | null {
  const value = setting === null ? undefined : fieldOf(setting.value, key);
  return value === undefined || value === null || setting === null ? null : { value, path: keyPath(setting.path, key) };
}
