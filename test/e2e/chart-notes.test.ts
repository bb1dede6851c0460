/** What is said after `helm install` is right for what was installed. */
import ava, { type ExecutionContext } from "ava";
import { at, HELM, notes, rendered, shownCommands } from "./support/helm.ts";

const test = HELM === undefined ? ava.skip : ava;

const RAW = "https://raw.githubusercontent.com/troupe-dev/troupe/main/examples/simple/kubernetes.yaml";
const WAIT =
  "kubectl --namespace system wait --for=condition=Available --timeout=2m deployment --selector app.kubernetes.io/instance=t";
const TEST = "helm test t --namespace system";
const EXTERNAL = { "nats.bundled": false, "nats.external.url": "tls://nats.example:4222" };
const SECURED = { ...EXTERNAL, "nats.external.credentialsSecret": "mine", "nats.external.caSecret": "ca" };

const secretCommand = (secret: string, entry: string, file: string): string =>
  `kubectl --namespace system get secret ${secret} --output jsonpath='{.data.${entry}}' | base64 -d > ${file}`;

interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  readonly commands: readonly string[];
  readonly says: readonly RegExp[];
  readonly saysNot: readonly RegExp[];
}

const APPLY = [`kubectl apply -f ${RAW}`, "kubectl get pipelines,groups"];
const BUNDLED = [
  secretCommand("t-troupe-nats-client", "user\\.creds", "client.creds"),
  "kubectl --namespace system port-forward service/t-troupe-nats 4222",
];

const ROWS: Readonly<Record<string, Row>> = {
  "the defaults": {
    values: {},
    commands: [WAIT, TEST, ...APPLY, ...BUNDLED],
    says: [/runs Pipelines of all namespaces/, /at nats:\/\/t-troupe-nats\.system\.svc:4222, with credentials/],
    saysNot: [/WARNING/, /NOTE/],
  },
  "named namespaces: the example goes to one of them": {
    values: { watchNamespaces: ["film", "books"] },
    commands: [
      WAIT,
      TEST,
      `kubectl apply --namespace film -f ${RAW}`,
      "kubectl get --namespace film pipelines,groups",
      ...BUNDLED,
    ],
    says: [/runs Pipelines of film, books/],
    saysNot: [/WARNING/],
  },
  "an external NATS that asks for nothing": {
    values: EXTERNAL,
    commands: [WAIT, TEST, ...APPLY],
    says: [
      /at tls:\/\/nats\.example:4222\./,
      /WARNING: NATS asks for no credentials/,
      /NOTE: nats\.external\.monitorUrls/,
    ],
    saysNot: [/port-forward/, /Secret/],
  },
  "an external NATS with credentials and an authority": {
    values: { ...SECURED, "nats.external.monitorUrls": "http://nats.example:8222" },
    commands: [
      WAIT,
      TEST,
      ...APPLY,
      secretCommand("mine", "user\\.creds", "client.creds"),
      secretCommand("ca", "ca\\.crt", "ca.crt"),
    ],
    says: [/at tls:\/\/nats\.example:4222, with credentials such as those in the Secret mine/],
    saysNot: [/WARNING/, /NOTE/, /port-forward/],
  },
  "no volume, and purge": {
    values: { "nats.persistence.enabled": false, purge: true, watchNamespaces: ["film"] },
    commands: [
      WAIT,
      TEST,
      `kubectl apply --namespace film -f ${RAW}`,
      "kubectl get --namespace film pipelines,groups",
      ...BUNDLED,
    ],
    says: [/WARNING: nats\.persistence\.enabled is false/, /WARNING: purge is true.*of these namespaces/],
    saysNot: [],
  },
};

for (const [name, { values, commands, says, saysNot }] of Object.entries(ROWS)) {
  test(`after the installation: ${name}`, async (t) => {
    const text = await notes(values);
    t.deepEqual(shownCommands(text), commands);
    for (const each of says) t.regex(text, each);
    for (const each of saysNot) t.notRegex(text, each);
    t.notRegex(text, /\n{3}|<no value>|[^\S\n]$/m);
    await assertNamesAreThere(t, text, values);
  });
}

/** What the commands name is in the chart, or the values name it. */
async function assertNamesAreThere(t: ExecutionContext, text: string, values: Row["values"]): Promise<void> {
  const chart = await rendered(values);
  const deployments = chart.of("Deployment");
  t.true(deployments.length >= 2);
  for (const each of deployments)
    t.is(
      at(
        Object.entries(at(each, "metadata.labels") ?? {}).find(([key]) => key.endsWith("/instance")),
        "1",
      ),
      "t",
    );
  const [, service] = /port-forward service\/(\S+) 4222/.exec(text) ?? [];
  if (service !== undefined) t.is(at(chart.one("Service", service), "spec.ports.0.port"), 4222);
}
