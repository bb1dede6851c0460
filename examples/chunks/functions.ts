// What runs in the workers. They import it from here, so it may use all that this file declares.
export function add(a: number, b: number): number {
  return a + b;
}

export function multiply(a: number, b: number): number {
  return a * b;
}

export function halve(value: number): number {
  if (value % 2 === 1) throw new RangeError("no odd numbers");
  return value / 2;
}
