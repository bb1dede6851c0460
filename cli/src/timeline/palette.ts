/** A colour of a job: as hex for pictures, and from the 256 colours of a terminal. White text is readable on each. */
export interface JobColor {
  readonly hex: string;
  readonly ansi: number;
}

/** Neighbours differ in hue and in lightness, so that people who see fewer colours can tell them apart. */
const COLORS: readonly JobColor[] = [
  { hex: "#3d6fd6", ansi: 26 },
  { hex: "#c4601a", ansi: 166 },
  { hex: "#1f8a5b", ansi: 29 },
  { hex: "#b0408a", ansi: 132 },
  { hex: "#8f7410", ansi: 94 },
  { hex: "#7350c7", ansi: 61 },
  { hex: "#17808f", ansi: 30 },
  { hex: "#c23e3e", ansi: 124 },
  { hex: "#5f7a24", ansi: 64 },
  { hex: "#56688c", ansi: 60 },
  { hex: "#9a5a35", ansi: 130 },
  { hex: "#2f7fb0", ansi: 31 },
];

const FIRST: JobColor = { hex: "#3d6fd6", ansi: 26 };

export const COLOR_COUNT = COLORS.length;

/** Repeats after {@link COLOR_COUNT} jobs: the number beside the colour is what names a job. */
export function colorOf(index: number): JobColor {
  return COLORS[index % COLORS.length] ?? FIRST;
}
