import { blocksOf, type Block } from "./blocks.ts";
import type { Timeline } from "./timeline.ts";

/** A row of the picture: what one permit of one replica did, one block after another. */
export interface Lane {
  readonly replica: string;
  /** `#0`, `#1`, …: how the lane is called beside its group; empty when the group has one lane only. */
  readonly label: string;
  readonly blocks: readonly Block[];
  /** Milliseconds in which it ran something. */
  readonly busyMs: number;
}

export interface GroupLanes {
  readonly group: string;
  readonly lanes: readonly Lane[];
  /** All blocks of the group, by start. */
  readonly blocks: readonly Block[];
}

/** The rows of a timeline: groups in the order in which they first had something to do, replicas by name. */
export function lanesOf(timeline: Timeline): GroupLanes[] {
  const groups = Map.groupBy(blocksOf(timeline), (block) => block.group);
  return [...groups]
    .map(([group, blocks]) => ({
      group,
      blocks,
      firstAt: Math.min(...firstOf(blocks)),
      lanes: lanesOfGroup(group, blocks),
    }))
    .toSorted((a, b) => a.firstAt - b.firstAt || naturally(a.group, b.group))
    .map(({ group, lanes, blocks }) => ({ group, lanes, blocks }));
}

/** By start, so the first few blocks know when the group began; spreading thousands into Math.min would overflow. */
function firstOf(blocks: readonly Block[]): number[] {
  return blocks.slice(0, 64).map((block) => block.readyAt);
}

function lanesOfGroup(group: string, blocks: readonly Block[]): Lane[] {
  const replicas = [...Map.groupBy(blocks, (block) => block.replica)].toSorted(([a], [b]) => naturally(a, b));
  const rows = replicas.flatMap(([replica, own]) => apart(own).map((row) => ({ replica, row })));
  return rows.map(({ replica, row }, index) => ({
    replica,
    label: rows.length === 1 ? "" : shortName(group, replica, index),
    blocks: row,
    busyMs: row.reduce((sum, block) => sum + (block.endedAt - block.startedAt), 0),
  }));
}

/** Blocks that a replica with several permits runs side by side go to rows of their own. */
function apart(blocks: readonly Block[]): Block[][] {
  const rows: Block[][] = [];
  for (const block of blocks) {
    const free = rows.find((row) => (row.at(-1)?.endedAt ?? 0) <= block.startedAt);
    if (free === undefined) rows.push([block]);
    else free.push(block);
  }
  return rows;
}

/** `#1` for `g2-1`; for a pod the last part of its name, which is what tells pods apart. */
function shortName(group: string, replica: string, index: number): string {
  if (replica.startsWith(`${group}-`) && /^\d+$/.test(replica.slice(group.length + 1)))
    return `#${replica.slice(group.length + 1)}`;
  const last = replica.split("-").at(-1);
  return last === undefined || last === "" || last.length > 8 ? `#${index}` : last;
}

function naturally(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
