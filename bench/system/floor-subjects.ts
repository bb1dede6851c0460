/** The subjects of the bare relay. */
export const FLOOR = {
  stream: "FLOOR",
  journal: "floor.journal",
  submit: "floor.submit",
  down: (step: number): string => `floor.down.${step}`,
  up: (step: number): string => `floor.up.${step}`,
} as const;
