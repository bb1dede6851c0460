// A small data set that can be made anywhere: trips with a fare, the same ones for the same shard.
export interface Trip {
  readonly fare: number;
  readonly passengers: number;
}

export interface Model {
  /** Cents of tip for each passenger. */
  readonly tips: readonly number[];
}

export const MODEL: Model = { tips: [0, 1, 2, 3, 4, 6, 9] };

export function shard(index: number): Trip[] {
  let state = index + 1;
  return Array.from({ length: 5_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return { fare: state % 100, passengers: state % 7 };
  });
}

export function tip({ tips }: Model, { fare, passengers }: Trip): number {
  return fare > 20 ? (tips[passengers] ?? 0) : 0;
}

export class Predictor {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  predict(index: number): { readonly index: number; readonly trips: number; readonly total: number } {
    const trips = shard(index);
    return { index, trips: trips.length, total: trips.reduce((sum, trip) => sum + tip(this.#model, trip), 0) };
  }
}
