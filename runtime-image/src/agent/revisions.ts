import type { Revision } from "@troupe/model";
import { Fields, readCurrentRevision, readRevision, type Bus, type Scope } from "@troupe/protocol";

/** A revision that is named but not there. */
export class RevisionMissing extends Error {
  override readonly name = "RevisionMissing";
}

/** The compiled revisions that executions refer to, read once each: they never change. */
export class Revisions {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #known = new Map<string, Revision>();

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  get(id: string): Revision | undefined {
    return this.#known.get(id);
  }

  /** The id of the one that new jobs get; null when none was published yet. */
  async currentId(): Promise<string | null> {
    return readCurrentRevision(this.#bus, this.#scope);
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
