/** A program that runs a chain of three groups, and then has nothing to do until its standard input ends. */
import { Pipeline } from "@troupe/sdk";

const [modules = ""] = process.argv.slice(2);
const chain = new Pipeline<string>("idle", { modules })
  .addModule("A", "nothing", { group: "g1" })
  .addModule("B", "nothing", { group: "g2", dependsOn: "A" })
  .addModule("C", "nothing", { group: "g3", dependsOn: "B", expose: true });
await using running = await chain.start({ cpus: 64 });
await running.run(null);
console.log("idle");
for await (const _ of process.stdin);
