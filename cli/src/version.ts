/** Of the whole project: its rooms are released together. */
export const VERSION = "0.1.0";
