import { CommandError } from "../command-error.ts";

/** `--set NAME=VALUE`, as often as it was given. The last one of a name wins. */
export function readSet(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map(readPair));
}

function readPair(given: string): [string, string] {
  const at = given.indexOf("=");
  const name = given.slice(0, Math.max(0, at));
  if (/^\w+$/.test(name)) return [name, given.slice(at + 1)];
  throw new CommandError("Usage", `--set ${given}: that is not NAME=VALUE`, {
    hint: "Names are letters, digits and _, as in --set size=512 for ${size} in the file.",
  });
}
