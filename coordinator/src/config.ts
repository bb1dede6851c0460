/** The coordinator's environment, read once. */
export interface CoordinatorConfig {
  readonly natsUrl: string;
  readonly natsCreds: string | undefined;
  readonly namespace: string;
  readonly pipelines: readonly { readonly pipeline: string; readonly uid: string }[];
  readonly id: string;
  readonly logLevel: string;
}

/** @throws {Error} naming the variable that is missing or wrong. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  randomId: () => string,
): CoordinatorConfig {
  return {
    natsUrl: required(env, "TROUPE_NATS_URL"),
    natsCreds: env["TROUPE_NATS_CREDS"],
    namespace: env["TROUPE_NAMESPACE"] ?? "local",
    pipelines: required(env, "TROUPE_PIPELINES").split(",").map(parsePipeline),
    id: env["TROUPE_COORDINATOR_ID"] ?? `coordinator-${randomId()}`,
    logLevel: env["TROUPE_LOG_LEVEL"] ?? "info",
  };
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: a coordinator needs it to start`);
  return value;
}

function parsePipeline(text: string): { pipeline: string; uid: string } {
  const [pipeline = "", uid = ""] = text.split(":");
  if (pipeline === "" || uid === "")
    throw new Error(
      `TROUPE_PIPELINES has ${JSON.stringify(text)}; each entry is <pipeline>:<uid>, with commas between them`,
    );
  return { pipeline, uid };
}
