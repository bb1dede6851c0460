/** CPU time that named processes take between two looks, and what everybody else took meanwhile. */
import { cpuMicros, machineTime } from "./processes.ts";

export interface Measured {
  readonly name: string;
  readonly pid: number;
}

export interface CpuShare {
  readonly micros: Readonly<Record<string, number>>;
  /** Cores that others kept busy: a figure with much of it is too low. */
  readonly othersCores: number;
  /** Cores that the host of this virtual machine took away. */
  readonly stolenCores: number;
}

export class CpuMeter {
  readonly #processes: readonly Measured[];
  #at = performance.now();
  #machine = machineTime();
  #own: readonly number[];

  constructor(processes: readonly Measured[]) {
    this.#processes = processes;
    this.#own = this.#read();
  }

  /** What was taken since the last look. */
  look(): CpuShare {
    const [at, machine, own] = [performance.now(), machineTime(), this.#read()];
    const taken = own.map((micros, index) => micros - (this.#own[index] ?? 0));
    const elapsedMicros = (at - this.#at) * 1000;
    const others = machine.busy - this.#machine.busy - taken.reduce((sum, micros) => sum + micros, 0);
    const stolen = machine.stolen - this.#machine.stolen;
    [this.#at, this.#machine, this.#own] = [at, machine, own];
    return {
      micros: Object.fromEntries(this.#processes.map(({ name }, index) => [name, taken[index] ?? 0])),
      othersCores: Math.max(0, others / elapsedMicros),
      stolenCores: stolen / elapsedMicros,
    };
  }

  #read(): number[] {
    return this.#processes.map(({ pid }) => cpuMicros(pid));
  }
}
