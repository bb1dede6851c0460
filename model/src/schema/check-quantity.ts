import { MAX_QUANTITY_LENGTH } from "../limits.ts";
import type { Finding } from "../problem.ts";
import { parseQuantity, QUANTITY_PATTERN } from "../quantity.ts";

const FORM = new RegExp(QUANTITY_PATTERN);

/**
 * A number with a fraction is refused although its value would be clear: Kubernetes takes a whole number or a text, and
 * the same file must mean the same on both sides.
 */
export function quantityFinding(value: unknown, path: string): Finding[] {
  if (parseQuantity(value) !== null) return [];
  if (typeof value === "number" && Number.isFinite(value) && value > 0) {
    return [invalid(`${String(value)} is a fraction without quotes.`, `Put it in quotes: "${String(value)}".`, path)];
  }
  if (typeof value === "string" && value.length <= MAX_QUANTITY_LENGTH && FORM.test(value))
    return [roundedFinding(value, path)];
  const shown = typeof value === "string" || typeof value === "number" ? JSON.stringify(value) : "This";
  return [invalid(`${shown} is no quantity.`, 'Write a whole number, or a text such as "0.5", "500m" or "2Gi".', path)];
}

/** It has the form of a quantity, but is no amount that Kubernetes keeps as it is. */
function roundedFinding(value: string, path: string): Finding {
  const message = `"${value}" is finer than a billionth or beyond all counting, so Kubernetes would round it.`;
  return invalid(message, 'Write at most nine decimals, as in "0.5" or "500m".', path);
}

/** What parses, but cannot be claimed. */
export function claimFinding(resource: "cpu" | "memory" | "gpu", value: unknown, path: string): Finding[] {
  const amount = parseQuantity(value);
  if (amount === null) return [];
  if (resource === "gpu" && amount > 1 && !Number.isInteger(amount)) {
    const hint = `Claim ${String(Math.floor(amount))} or ${String(Math.ceil(amount))}; only less than one GPU can be shared.`;
    return [invalid(`A claim of ${String(amount)} GPUs cannot be met: above one, GPUs are claimed whole.`, hint, path)];
  }
  if (resource === "memory" && amount > 0 && amount < 1024 ** 2) {
    const bare = String(amount) === String(value) ? `${String(value)}Mi` : "512Mi";
    const hint = `Give the unit, for instance ${bare}.`;
    return [invalid(`A claim of ${String(amount)} bytes of memory is less than any process needs.`, hint, path)];
  }
  return [];
}

function invalid(message: string, hint: string, path: string): Finding {
  return { code: "InvalidQuantity", message, hint, path };
}
