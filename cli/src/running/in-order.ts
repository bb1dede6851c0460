import type { EndedJob } from "./run-jobs.ts";

/** Takes ended jobs as they come, and hands them on in the order of their places as soon as it can. */
export function inOrder(handOn: (ended: EndedJob) => void): (ended: EndedJob) => void {
  const early = new Map<number, EndedJob>();
  let next = 0;
  return (ended) => {
    early.set(ended.index, ended);
    for (let due = early.get(next); due !== undefined; due = early.get(next)) {
      early.delete(next++);
      handOn(due);
    }
  };
}
