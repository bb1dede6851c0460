/** Kubernetes quantities: `500m`, `0.5`, `2Gi`, `1e3`, `4`. */
import { MAX_QUANTITY_LENGTH } from "./limits.ts";

const FORM = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?[0-9]+))?$/;

/** The pattern that a quantity matches, for schemas. */
export const QUANTITY_PATTERN = FORM.source;

/** Kubernetes knows nothing finer than a billionth, and rounds such an amount up: it would not mean the same everywhere. */
const FINEST_DECIMALS = 9;

/** As (mantissa, exponent) of ten where decimal, so that `500m` is exactly 0.5. */
const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENT: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** The amount that a quantity stands for, in base units; null when it is none (negative, fractional number, other form). */
export function parseQuantity(quantity: unknown): number | null {
  if (typeof quantity === "number") return Number.isSafeInteger(quantity) && quantity >= 0 ? quantity : null;
  return typeof quantity === "string" ? parseText(quantity) : null;
}

function parseText(quantity: string): number | null {
  const match = quantity.length > MAX_QUANTITY_LENGTH ? null : FORM.exec(quantity);
  if (match === null) return null;
  const [, digits = "", suffix = "", exponent = "0"] = match;
  const binary = BINARY_EXPONENT[suffix];
  if (binary !== undefined) return Number(digits) * 2 ** binary;
  return decimalAmount(digits, DECIMAL_EXPONENT[suffix] ?? Number(exponent));
}

function decimalAmount(digits: string, exponent: number): number | null {
  const decimals = (digits.split(".")[1] ?? "").replace(/0+$/, "").length - exponent;
  const amount = Number(`${digits}e${String(exponent)}`);
  return decimals <= FINEST_DECIMALS && Number.isFinite(amount) ? amount : null;
}
