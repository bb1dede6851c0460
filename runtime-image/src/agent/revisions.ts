import type { Revision } from "@troupe/model";
import { Fields, readCurrentRevision, readRevision, type Bus, type Scope } from "@troupe/protocol";

/** A revision that is named but not there. */
export class RevisionMissing extends Error {
  override readonly name = "RevisionMissing";
}

/** Whose replica this is. */
export interface Place {
  readonly group: string;
  readonly templateHash: string;
}

/** The compiled revisions that executions refer to, read once each: they never change. */
export class Revisions {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #known = new Map<string, Revision>();

  constructor(bus: Bus, scope: Scope, place: Place) {
    this.#bus = bus;
    this.#scope = scope;
    this.#place = place;
  }

  get(id: string): Revision | undefined {
    return this.#known.get(id);
  }

  /**
   * The one that new jobs get, if they come here: `foreign` when they go to replicas of another template hash, for whose code it was made; null
   * when none was published yet.
   */
  async current(): Promise<{ readonly id: string } | "foreign" | null> {
    const id = await readCurrentRevision(this.#bus, this.#scope);
    if (id === null) return null;
    const { groups } = await this.load(id);
    const { group, templateHash } = this.#place;
    const own = groups.find(({ name }) => name === group);
    return own === undefined || own.templateHash === templateHash ? { id } : "foreign";
  }

  /** @throws {RevisionMissing} */
  async load(id: string): Promise<Revision> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const raw = await readRevision(this.#bus, this.#scope, id);
    if (raw === null) throw new RevisionMissing(`Revision ${id} is not in the bucket of revisions.`);
    const fields = new Fields(raw, "revision");
    fields.check({ id: "string", pipeline: "string", modules: "array", groups: "array", sharedParameters: "object" });
    const revision = fields.as<Revision>();
    this.#known.set(id, revision);
    return revision;
  }

  forget(id: string): void {
    this.#known.delete(id);
  }
}
