/** Entry of an actor's process. It is started before anybody knows for which actor, so that an actor begins quickly. */
import { inboxOf, waitForBus, type Bus } from "@troupe/protocol";
import { ActorAgent } from "./actor-agent.ts";
import { ACTOR_ENV, required, scopeOf, type FromActorProcess, type ToActorProcess } from "./actor-protocol.ts";
import { CutOff } from "./cut-off.ts";

/** A last word needs a moment to leave. */
const LAST_WORD_MS = 1_000;

if (!process.connected) throw new Error("An actor's process is started by its nursery, and ends with it.");
// A process without its nursery is of no use and would never be found again.
process.on("disconnect", () => {
  process.exit(1);
});
// Ctrl-C in a terminal reaches everybody; the nursery says who ends.
process.on("SIGINT", () => undefined);

const scope = scopeOf(process.env);
const creds = process.env[ACTOR_ENV.natsCreds];
// A machine that starts many actors at a time is slow; its nursery is connected, so NATS is there.
const bus = await waitForBus(
  {
    url: required(process.env, ACTOR_ENV.natsUrl),
    name: "actor",
    inboxPrefix: inboxOf(scope, scope.pipeline),
    ...(creds === undefined ? {} : { creds }),
  },
  ({ message }) => {
    process.stderr.write(`waits for NATS: ${message}\n`);
  },
);
let agent: ActorAgent | undefined;
process.on("message", (message: ToActorProcess) => {
  if (message.t === "assign") agent = begin(bus, message);
  else agent?.brought(message.object, message.path);
});
say({ t: "spare" });

function begin(connection: Bus, { order, incarnation, gpus }: Extract<ToActorProcess, { t: "assign" }>): ActorAgent {
  process.title = `troupe actor ${order.className}`;
  // What CUDA may see is what was claimed. Without a claim nothing is said: an actor may look for itself.
  if (gpus.length > 0) process.env["CUDA_VISIBLE_DEVICES"] = gpus.join(",");
  const begun = new ActorAgent({
    bus: connection,
    scope,
    order,
    incarnation,
    listener: {
      onAlive: (facts) => {
        say({ t: "alive", facts });
      },
      onFacts: (facts) => {
        say({ t: "facts", facts });
      },
      onDeath: (death) => {
        process.send?.({ t: "dying", death } satisfies FromActorProcess, () => {
          process.exit(death.exitCode ?? 1);
        });
        setTimeout(() => {
          process.exit(death.exitCode ?? 1);
        }, LAST_WORD_MS).unref();
      },
      onHolds: (objects) => {
        say({ t: "holds", objects });
      },
      onBring: (payload) => {
        say({ t: "bring", payload });
      },
    },
  });
  new CutOff({ bus: connection, scope, actor: order.id, incarnation, agent: begun }).watch();
  return begun;
}

function say(message: FromActorProcess): void {
  process.send?.(message);
}
