import { connectBus, subjectsOf } from "@troupe/protocol";
import type { ExecutionContext } from "ava";
import { grantedBy, NEVER_SENT, RARE, usedBy } from "../../support/grants.ts";
import { at, listAt, rendered } from "../support/helm.ts";
import { conditionOf, TEAM, type Step, type World } from "../support/world.ts";

/** What a pod of `group` is given can neither hear nor ask what is of `other`, of the coordinators or of NATS. */
export async function assertOwnSubjectsAlone(
  t: ExecutionContext,
  { cluster, door }: World,
  { pipeline, group, other }: { readonly pipeline: string; readonly group: string; readonly other: string },
): Promise<void> {
  const uid = await cluster.kubectl([
    "get",
    "pipeline",
    pipeline,
    "--namespace",
    TEAM,
    "-o",
    "jsonpath={.metadata.uid}",
  ]);
  const subjects = subjectsOf({ namespace: TEAM, pipeline, uid });
  const selector = `troupe.dev/pipeline=${pipeline},troupe.dev/group=${group}`;
  const pods = await cluster.json(["get", "pods", "--namespace", TEAM, "--selector", selector]);
  const secret = listAt(pods, "items.0.spec.volumes").flatMap((volume) => {
    const name = at(volume, "secret.secretName");
    return typeof name === "string" ? [name] : [];
  })[0];
  const creds = await door.credentials(TEAM, secret ?? "");
  await using own = await connectBus({
    url: door.url,
    name: group,
    creds,
    inboxPrefix: `_troupe.${TEAM}.${pipeline}.${uid}.inbox.${group}`,
  });
  await using client = await connectBus({ url: door.url, name: "client", creds: await door.clientCredentials() });
  const heard: string[] = [];
  for (const subject of [subjects.down(other, "*"), subjects.ups, "troupe.>", "_INBOX.>"])
    own.subscribe(subject, (message) => heard.push(message.subject));
  await own.flush();
  // Jobs of everybody run by; none of their messages is for these ears.
  await using jobs = await door.client(TEAM, pipeline);
  t.is((await jobs.runMany(Array.from({ length: 20 }))).filter(({ state }) => state === "done").length, 20);
  t.deepEqual(heard, []);
  for (const subject of [subjects.door("status"), `$JS.API.STREAM.INFO.TROUPE_${TEAM}_${pipeline}_${uid}_J`])
    await t.throwsAsync(own.request(subject, new Uint8Array(0), { timeoutMs: 500 }), undefined, subject);
  const answer = await client.request(subjects.door("status"), Buffer.from('{"id":"none"}'), { timeoutMs: 10_000 });
  t.regex(Buffer.from(answer.data).toString(), /NotFound|unknown|error/i);
}

export function describeSecurity(step: Step, world: () => World): void {
  step("a group's credentials, which were made after NATS started, are of its own subjects alone", async (t) => {
    for (const group of ["group/steady-first", "group/steady-second"])
      t.like(await conditionOf(world(), group, "NatsIsolated"), { status: "True", reason: "OwnCredentials" });
    await assertOwnSubjectsAlone(t, world(), { pipeline: "steady", group: "first", other: "second" });
  });

  step("no pod of Troupe's needs more than the profile restricted allows", async (t) => {
    const { cluster } = world();
    for (const namespace of [TEAM, "troupe-system"]) {
      const label = await cluster.kubectl([
        "get",
        "namespace",
        namespace,
        "-o",
        "jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}",
      ]);
      t.is(label, "restricted");
      const events = await cluster.kubectl([
        "get",
        "events",
        "--namespace",
        namespace,
        "-o",
        "jsonpath={.items[*].message}",
      ]);
      t.notRegex(events, /violates PodSecurity/);
    }
  });
}

/** What the operator asked the API server for on the whole journey, against what its roles grant. */
export function describeAudit(step: Step, world: () => World): void {
  step("the operator was refused nothing, and is granted nothing that it did not use", async (t) => {
    const events = await world().cluster.audit();
    if (events === undefined) {
      t.pass("the cluster is not ours, and keeps its audit log to itself");
      return;
    }
    const ofOperator = events.filter(
      (event) => at(event, "user.username") === "system:serviceaccount:troupe-system:troupe-operator",
    );
    t.true(ofOperator.length > 100);
    const refused = ofOperator.filter((event) => at(event, "responseStatus.code") === 403);
    t.deepEqual([...new Set(refused.flatMap(usedBy))], []);
    const used = new Set(ofOperator.flatMap(usedBy));
    const granted = grantedBy(await rendered()).filter((grant) => ![...NEVER_SENT, ...RARE].includes(grant));
    t.deepEqual(
      granted.filter((grant) => !used.has(grant)),
      [],
      "granted, and never used",
    );
  });
}
