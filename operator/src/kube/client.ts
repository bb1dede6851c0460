/** Reads and writes of objects, as plain JSON. It retries nothing: informers and controllers know when to try again. */
import type { KubeConfig } from "@kubernetes/client-node";
import { Connection, type Exchange, type WriteGate } from "./connection.ts";
import { isNotFound } from "./error.ts";
import { keyOf, type KubeObject, type ObjectKey, type Stored } from "./object.ts";
import { collectionPath, objectPath, type Resource, type ResourceNames } from "./resource.ts";
import { readList, type ObjectList } from "./object-list.ts";
import { readWatch, type WatchEvent } from "./watch-event.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the whole call. @default 30000 */
  readonly timeoutMs?: number | undefined;
}

export interface Selection {
  /** @default all namespaces */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection, CallOptions {
  /** Objects a page; all pages are fetched. 0: no pages. @default 500 */
  readonly pageSize?: number | undefined;
}

export interface WatchOptions extends Selection {
  /** Changes after this version of a list are sent. */
  readonly resourceVersion: string;
  /** The server ends the watch after so long, and tells the version that was reached. */
  readonly windowMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ApplyOptions extends CallOptions {
  /** @default "troupe" */
  readonly fieldManager?: string | undefined;
  /** Take over fields that others manage. Without it they are a 409. @default true */
  readonly force?: boolean | undefined;
  readonly subresource?: "status" | undefined;
}

/** What one applies: the fields that one cares about, all of them; those left out are given up. */
export type Applied<T extends KubeObject> = KubeObject & Partial<Omit<T, keyof KubeObject>>;

export interface JsonPatchOperation {
  readonly op: "add" | "replace" | "remove" | "test" | "move" | "copy";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export type Patch =
  /** @see RFC 7386. With `resourceVersion` it is refused (409) when somebody wrote since. */
  | { readonly type: "merge"; readonly body: object; readonly resourceVersion?: string | undefined }
  /** @see RFC 6902. A `test` that fails is a 422. */
  | { readonly type: "json"; readonly body: readonly JsonPatchOperation[] };

export interface PatchOptions extends CallOptions {
  readonly fieldManager?: string | undefined;
  readonly subresource?: "status" | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this incarnation: 409 when it is another. */
  readonly uid?: string | undefined;
  /** Delete only this version: 409 when somebody wrote since. */
  readonly resourceVersion?: string | undefined;
  /** @default "Background": what it owns goes after it */
  readonly propagation?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly graceSeconds?: number | undefined;
}

const CALL_TIMEOUT_MS = 30_000;
const PAGE_SIZE = 500;
const FIELD_MANAGER = "troupe";
/** How much longer than its window a watch may stay open and silent before its connection counts as dead. */
const WATCH_SLACK_MS = 5_000;

const PATCH_TYPES = { merge: "application/merge-patch+json", json: "application/json-patch+json" };
/** The server takes JSON here too, since all JSON is YAML. */
const APPLY_TYPE = "application/apply-patch+yaml";

/** All of its calls throw {@link KubeError} when the server refuses or does not answer, and the reason of `signal` when that is aborted. */
export class KubeClient {
  readonly #connection: Connection;
  readonly #gate: WriteGate | undefined;

  /** @param userAgent stands in the API server's audit log */
  constructor(connection: Connection, gate?: WriteGate) {
    this.#connection = connection;
    this.#gate = gate;
  }

  /** @param userAgent name of the program, for the API server's audit log */
  static for(config: KubeConfig, userAgent: string): KubeClient {
    return new KubeClient(new Connection(config, userAgent));
  }

  /** The same client, whose writes start only while the gate lets them, and are aborted when it closes. Reads pass always. */
  gatedBy(gate: WriteGate): KubeClient {
    return new KubeClient(this.#connection, gate);
  }

  /** Closes the connections of this client and of all that were made from it. */
  close(): void {
    this.#connection.close();
  }

  async get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, call: CallOptions = {}): Promise<Stored<T>> {
    return resource.read(await this.request("GET", objectPath(resource, key), call));
  }

  /** Undefined when there is none. */
  async find<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    call: CallOptions = {},
  ): Promise<Stored<T> | undefined> {
    return this.get(resource, key, call).catch(undefinedIfNotFound);
  }

  /** All objects of a selection as they were at one moment, fetched in pages. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const path = collectionPath(resource, options.namespace ?? "");
    const query = selectionQuery(options);
    const pageSize = options.pageSize ?? PAGE_SIZE;
    if (pageSize > 0) query.set("limit", String(pageSize));
    const items: Stored<T>[] = [];
    for (;;) {
      const page = readList(resource, await this.request("GET", withQuery(path, query), options));
      items.push(...page.items);
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
      query.set("continue", page.next);
    }
  }

  /**
   * Changes as they happen. Ends when the server ends it; then one goes on from the last version that came.
   * @throws {KubeError} also with `isExpired` when the version is too old, and `Timeout` when the connection has gone silent
   */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const query = selectionQuery(options);
    query.set("watch", "true");
    query.set("allowWatchBookmarks", "true");
    query.set("resourceVersion", options.resourceVersion);
    query.set("timeoutSeconds", String(Math.ceil(options.windowMs / 1000)));
    const path = withQuery(collectionPath(resource, options.namespace ?? ""), query);
    yield* readWatch(
      resource,
      this.#connection.stream({
        method: "GET",
        path,
        signal: options.signal,
        timeoutMs: options.windowMs + WATCH_SLACK_MS,
      }),
    );
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, call: CallOptions = {}): Promise<Stored<T>> {
    const path = collectionPath(resource, namespaceOf(resource, object));
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER });
    return resource.read(await this.request("POST", withQuery(path, query), call, { content: object }));
  }

  /** Replaces an object as it was read: 409 when somebody wrote since. */
  async replace<T extends KubeObject>(
    resource: Resource<T>,
    object: Stored<T>,
    call: PatchOptions = {},
  ): Promise<Stored<T>> {
    const path = objectPath(resource, keyOf(object), call.subresource);
    const query = new URLSearchParams({ fieldManager: call.fieldManager ?? FIELD_MANAGER });
    return resource.read(await this.request("PUT", withQuery(path, query), call, { content: object }));
  }

  /** Server-side apply: creates what is missing, leaves fields of others alone, and changes nothing when nothing differs. */
  async apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Applied<T>,
    options: ApplyOptions = {},
  ): Promise<Stored<T>> {
    const path = objectPath(resource, keyOf(object), options.subresource);
    const query = new URLSearchParams({
      fieldManager: options.fieldManager ?? FIELD_MANAGER,
      force: String(options.force ?? true),
    });
    const content = { content: object, type: APPLY_TYPE };
    return resource.read(await this.request("PATCH", withQuery(path, query), options, content));
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<Stored<T>> {
    const path = objectPath(resource, key, options.subresource);
    const query = new URLSearchParams({ fieldManager: options.fieldManager ?? FIELD_MANAGER });
    const content = { content: patchBody(patch), type: PATCH_TYPES[patch.type] };
    return resource.read(await this.request("PATCH", withQuery(path, query), options, content));
  }

  /** @returns false when there was nothing to delete. What has finalizers stays until they are gone. */
  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<boolean> {
    const { uid, resourceVersion, graceSeconds } = options;
    const content = {
      kind: "DeleteOptions",
      apiVersion: "v1",
      propagationPolicy: options.propagation ?? "Background",
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      preconditions: { uid, resourceVersion },
    };
    try {
      await this.request("DELETE", objectPath(resource, key), options, { content });
      return true;
    } catch (error) {
      undefinedIfNotFound(error);
      return false;
    }
  }

  /** Anything else that the API server offers. @returns its answer, parsed */
  async request(
    method: Exchange["method"],
    path: string,
    call: CallOptions = {},
    body?: { readonly content: object; readonly type?: string },
  ): Promise<unknown> {
    const text = await this.#connection.call({
      method,
      path,
      body: body === undefined ? undefined : JSON.stringify(body.content),
      contentType: body?.type,
      signal: call.signal,
      timeoutMs: call.timeoutMs ?? CALL_TIMEOUT_MS,
      gate: method === "GET" ? undefined : this.#gate,
    });
    return JSON.parse(text);
  }
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}

function namespaceOf({ namespaced, kind }: ResourceNames, { metadata }: KubeObject): string {
  const { namespace = "", name } = metadata;
  if (namespaced && namespace === "")
    throw new Error(`${kind} "${name}" needs a namespace: objects of this kind live in one`);
  return namespace;
}

function selectionQuery({ labelSelector, fieldSelector }: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
  if (fieldSelector !== undefined) query.set("fieldSelector", fieldSelector);
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function patchBody(patch: Patch): object {
  if (patch.type === "json" || patch.resourceVersion === undefined) return patch.body;
  const metadata = "metadata" in patch.body && typeof patch.body.metadata === "object" ? patch.body.metadata : {};
  return { ...patch.body, metadata: { ...metadata, resourceVersion: patch.resourceVersion } };
}
