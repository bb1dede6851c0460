import test from "ava";
import { fit, occupy, wholeRoom } from "./room.ts";

const take = (room: ReturnType<typeof wholeRoom>, cpus: number, gpus: number): number[] | undefined => {
  const found = fit(room, { cpus, gpus });
  if (found !== undefined) occupy(room, { order: { claim: { cpus, gpus } } as never, gpus: found });
  return found;
};

test("fractions share a GPU, whole claims take whole ones, and ten tenths are one", (t) => {
  const room = wholeRoom({ cpus: 1, gpus: 2 });
  t.deepEqual(take(room, 0, 0.5), [0]);
  t.deepEqual(take(room, 0, 0.5), [0], "the fuller one, so that the other stays whole");
  t.deepEqual(take(room, 0, 1), [1]);
  t.is(take(room, 0, 0.1), undefined);
  for (let i = 0; i < 10; i++) t.deepEqual(take(room, 0.1, 0), []);
  t.is(take(room, 0.1, 0), undefined);
});

test("a replica that has a slice of a GPU gives it to those who claim as much or less", (t) => {
  const room = wholeRoom({ cpus: 1, gpus: 0.5 });
  t.is(take(room, 0, 1), undefined);
  t.deepEqual(take(room, 0, 0.25), [0]);
  t.deepEqual(take(room, 0, 0.25), [0]);
  t.is(take(room, 0, 0.25), undefined);
});
