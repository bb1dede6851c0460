/** Module classes as types that a manifest can name. */
import type { ModuleTypeFacts } from "@troupe/model";
import {
  nameOf,
  register,
  RegistrationError,
  registrations,
  type ModuleClass,
  type Registration,
} from "../define/index.ts";

/**
 * The type that a class is registered under. A class with a type of its own that nobody has registered is registered here.
 * @param file the file to name for it
 * @throws {RegistrationError} when it has neither
 */
export function typeOf(cls: ModuleClass, file: string | null): string {
  const known = registrations().find((registration) => registration.cls === cls);
  if (known !== undefined) return known.type;
  if (cls.type === undefined || cls.type === "") {
    throw new RegistrationError(
      `The class ${cls.name || "(without a name)"} is registered under no type. Write \`static type = "…"\` in it, or call register("…", ${cls.name || "class"}) beside it.`,
    );
  }
  register(cls, file === null ? {} : { file });
  return cls.type;
}

/** What is registered in this process of the types that `names` lists. */
export function knownTypes(names: ReadonlySet<string>): ModuleTypeFacts[] {
  return registrations()
    .filter(({ type }) => names.has(type))
    .map(factsOf);
}

function factsOf({ type, aggregate, produces, accepts, file }: Registration): ModuleTypeFacts {
  return {
    type,
    aggregate,
    produces: produces === null ? null : nameOf(produces),
    accepts: accepts?.map(nameOf) ?? null,
    file,
  };
}
