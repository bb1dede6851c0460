/** On how many servers of NATS every stream and bucket is kept: operator and coordinators are told the same. */

export const STREAM_REPLICAS_ENV = "TROUPE_STREAM_REPLICAS";

/** An even number bears no more than the odd one below it, and nats-server takes five at most. */
const COUNTS: readonly number[] = [1, 3, 5];

/** @returns 1 where nothing is said. @throws {Error} naming the variable. */
export function streamReplicasOf(env: Readonly<Record<string, string | undefined>>): number {
  const text = env[STREAM_REPLICAS_ENV];
  if (text === undefined || text === "") return 1;
  const count = COUNTS.find((each) => String(each) === text);
  if (count === undefined)
    throw new Error(
      `${STREAM_REPLICAS_ENV} is ${JSON.stringify(text)}; it is 1, or, where that many servers are a cluster, 3 or 5`,
    );
  return count;
}
