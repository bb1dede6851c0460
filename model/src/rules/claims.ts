import type { Finding } from "../problem.ts";
import { claimFinding } from "../schema/check-quantity.ts";
import { keyPath } from "../path.ts";
import { fieldOf, type Draft } from "./draft.ts";

const RESOURCES = ["cpu", "memory", "gpu"] as const;

/** InvalidQuantity: claims that read well but cannot be met anywhere. */
export function checkClaims({ listedGroups, groupResources }: Draft): Finding[] {
  return [...listedGroups, ...groupResources].flatMap(({ settings, settingsPath }) =>
    RESOURCES.flatMap((resource) => {
      const value = fieldOf(settings["resources"], resource);
      return claimFinding(resource, value, keyPath(`${settingsPath}.resources`, resource));
    }),
  );
}
