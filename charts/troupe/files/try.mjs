// What `helm test` runs: one job through one pod, from a client's side.
import { connect } from "/opt/troupe/sdk.js";

const {
  TROUPE_NATS_URL: nats,
  TROUPE_NATS_CREDS: creds,
  TROUPE_NAMESPACE: namespace,
  TROUPE_PIPELINE: pipeline,
} = process.env;
const sent = `hello from helm test, ${new Date().toISOString()}`;
const client = await connect({ nats, creds, namespace, pipeline, coordinatorTimeoutMs: 90_000 });
const result = await client.run(sent, { timeoutMs: 120_000 });
await client.close();
console.log(JSON.stringify(result));
if (result.echo !== sent) {
  console.error(`sent ${JSON.stringify(sent)}, and that is not what came back`);
  process.exit(1);
}
console.log("A job went through a pod of its own and came back.");
