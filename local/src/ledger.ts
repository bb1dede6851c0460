/**
 * The ledger of a machine's CPUs and GPUs: who claims what, and whether it fits.
 *
 * A claim is held for as long as its replica exists, whether it works or not. CPUs are one pool; fractions are summed. A
 * fraction of a GPU lies on one GPU, a whole claim takes whole GPUs. Nothing is enforced: a claim is an agreement.
 */

/** What one replica claims. */
export interface Claim {
  readonly group: string;
  readonly replica: string;
  readonly cpus: number;
  readonly gpus: number;
}

/** What there is to claim. */
export interface Machine {
  readonly cpus: number;
  readonly gpus: number;
}

/** Where a claim came to lie: `gpus` are indexes of GPUs. */
export interface Placement {
  readonly claim: Claim;
  readonly gpus: readonly number[];
}

export interface ClaimProblem {
  readonly code: "ImpossibleClaim" | "InvalidClaim";
  readonly message: string;
  readonly hint: string;
}

export type LedgerOutcome =
  | { readonly ok: true; readonly placements: readonly Placement[] }
  | { readonly ok: false; readonly problem: ClaimProblem };

/** Claims are added up in ten-thousandths, so that ten times 0.1 is 1. */
const UNIT = 10_000;

/** Places all claims, or says by how much they exceed the machine. */
export function placeClaims(claims: readonly Claim[], machine: Machine): LedgerOutcome {
  const invalid = claims.map(invalidClaim).find((problem) => problem !== undefined);
  if (invalid !== undefined) return { ok: false, problem: invalid };
  const cpus = sum(claims, (claim) => claim.cpus);
  const packed = packGpus(claims);
  if (cpus > machine.cpus || packed.gpusNeeded > machine.gpus) {
    return { ok: false, problem: impossible(claims, machine, { cpus, gpus: packed.gpusNeeded }) };
  }
  return { ok: true, placements: claims.map((claim) => ({ claim, gpus: packed.gpusOf.get(claim) ?? [] })) };
}

function invalidClaim({ group, cpus, gpus }: Claim): ClaimProblem | undefined {
  if (!(cpus >= 0 && gpus >= 0 && Number.isFinite(cpus) && Number.isFinite(gpus))) {
    return {
      code: "InvalidClaim",
      message: `group "${group}" claims ${cpus} CPUs and ${gpus} GPUs`,
      hint: "Claim numbers of 0 or more.",
    };
  }
  if (gpus > 1 && !Number.isInteger(gpus)) {
    return {
      code: "InvalidClaim",
      message: `group "${group}" claims ${gpus} GPUs: above 1, only whole GPUs can be claimed`,
      hint: `Claim ${Math.ceil(gpus)}, or a fraction below 1.`,
    };
  }
  return undefined;
}

interface Packed {
  readonly gpusNeeded: number;
  readonly gpusOf: ReadonlyMap<Claim, readonly number[]>;
}

/** Whole claims first, then fractions from large to small, each on the first GPU with room for it. */
function packGpus(claims: readonly Claim[]): Packed {
  const gpusOf = new Map<Claim, readonly number[]>();
  const free: number[] = [];
  for (const claim of claims.filter(({ gpus }) => gpus >= 1)) {
    gpusOf.set(
      claim,
      Array.from({ length: claim.gpus }, () => free.push(0) - 1),
    );
  }
  const fractions = claims.filter(({ gpus }) => gpus > 0 && gpus < 1).sort((a, b) => b.gpus - a.gpus);
  for (const claim of fractions) {
    const size = Math.round(claim.gpus * UNIT);
    const found = free.findIndex((room) => room >= size);
    const index = found === -1 ? free.push(UNIT) - 1 : found;
    free[index] = (free[index] ?? 0) - size;
    gpusOf.set(claim, [index]);
  }
  return { gpusNeeded: free.length, gpusOf };
}

function impossible(claims: readonly Claim[], machine: Machine, needed: Machine): ClaimProblem {
  const claimedGpus = sum(claims, (claim) => claim.gpus);
  const wants = [
    ...(needed.cpus > machine.cpus ? [`${needed.cpus} CPUs, and there are ${machine.cpus}`] : []),
    ...(needed.gpus > machine.gpus ? [`${gpuWords(claimedGpus, needed.gpus)}, and there are ${machine.gpus}`] : []),
  ];
  const flags = [
    ...(needed.cpus > machine.cpus ? [`--cpus ${Math.ceil(needed.cpus)}`] : []),
    ...(needed.gpus > machine.gpus ? [`--gpus ${needed.gpus}`] : []),
  ];
  return {
    code: "ImpossibleClaim",
    message: `the groups claim ${wants.join("; and ")}: ${itemise(claims)}`,
    hint: `Claim less or use fewer replicas, or say that the machine has as much: ${flags.join(" ")}`,
  };
}

function gpuWords(claimed: number, needed: number): string {
  return claimed === needed ? `${claimed} GPUs` : `${claimed} GPUs, which takes ${needed}`;
}

/** `g1 1 × 0 CPUs + 1 GPU; g2 …`, one entry a group. */
function itemise(claims: readonly Claim[]): string {
  const groups = Map.groupBy(claims, ({ group }) => group);
  return [...groups]
    .map(([group, members]) => {
      const { cpus, gpus } = members[0] ?? { cpus: 0, gpus: 0 };
      return `${group}: ${members.length} × (${cpus} CPU, ${gpus} GPU)`;
    })
    .join(", ");
}

function sum(claims: readonly Claim[], of: (claim: Claim) => number): number {
  return claims.reduce((total, claim) => total + Math.round(of(claim) * UNIT), 0) / UNIT;
}
