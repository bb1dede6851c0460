import { simulate, type Outcome } from "./simulation.ts";
const seed = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 50);
let fails = 0;
const t0 = performance.now(); const sum: Outcome[] = [];
const kinds = new Map<string, number[]>();
for (let s = seed; s < seed + n; s++) {
  try { sum.push(simulate({ seed: s, ...(n === 1 ? { trace: (l: string) => console.log(l) } : {}) })); }
  catch (e) { fails++; const m = e instanceof Error ? (n === 1 ? e.stack : `${e.message}`.slice(0,200)) : String(e); const k = String(m).replace(/\d+/g, "#").slice(0, 60); const l = kinds.get(k) ?? []; l.push(s); kinds.set(k, l); if (l.length < 3) console.log(s, m); }
}
for (const [k, l] of kinds) console.log(l.length, k, l.slice(0, 8).join());
const t = performance.now() - t0;
const avg = (f: (o: Outcome) => number) => (sum.reduce((a, o) => a + f(o), 0) / sum.length).toFixed(0);
console.log(`${n} seeds ${fails} failed ${(t / n).toFixed(0)} ms/seed jobs ${avg(o => o.jobs)} events ${avg(o => o.events)} steps ${avg(o => o.steps)} frames ${avg(o=>o.frames)} epochs ${avg(o=>o.epochs)} virtual ${avg(o=>o.virtualMs)}`);
