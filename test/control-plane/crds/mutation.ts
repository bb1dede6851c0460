import type { ProblemCode } from "@troupe/model";
import type { Dice } from "./dice.ts";

/** One way to spoil a manifest. */
export interface Mutation<Manifest> {
  readonly rule: string;
  /** What the validator must find, among others. */
  readonly code: ProblemCode;
  /** `both`: the API server refuses it too. `validator`: it becomes `Accepted=False` with the code. */
  readonly seenBy: "both" | "validator";
  /** Changes the manifest in place. False: it cannot be spoilt in this way, for instance because it has too few modules. */
  readonly spoil: (manifest: Manifest, dice: Dice) => boolean;
}

/** Nothing returned means that it is spoilt. */
type Spoil<Manifest> = (manifest: Manifest, dice: Dice) => boolean | undefined;

export function both<Manifest>(rule: string, code: ProblemCode, spoil: Spoil<Manifest>): Mutation<Manifest> {
  return { rule, code, seenBy: "both", spoil: (manifest, dice) => spoil(manifest, dice) ?? true };
}

export function validator<Manifest>(rule: string, code: ProblemCode, spoil: Spoil<Manifest>): Mutation<Manifest> {
  return { rule, code, seenBy: "validator", spoil: (manifest, dice) => spoil(manifest, dice) ?? true };
}
