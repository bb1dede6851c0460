import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { rooms, roomsPlugin } from "./hack/eslint-rooms.js";

const TESTS = ["**/*.test.ts", "test/**", "bench/**", "coordinator/sim/**"];

/** Where decisions are made: values in, values out. */
const PURE = ["model/src/**", "coordinator/src/core/**", "protocol/src/**"];

const NO_DEFAULT_EXPORTS = {
  selector: "ExportDefaultDeclaration",
  message: "Export it by name: a default export is called something else in every file that imports it.",
};

const NO_CLOCK_READING = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Take the time as an argument (nowMs).",
  },
  { selector: "CallExpression[callee.name='Date']", message: "Take the time as an argument (nowMs)." },
];

const IMPURE_GLOBALS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "performance",
  "process",
  "console",
  "crypto",
  "fetch",
];

export default defineConfig(
  globalIgnores(["**/node_modules/", ".troupe/", "**/dist/", "runtime-image/python/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    name: "all",
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: false }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // An async function with nothing to wait for yet keeps a port's promise.
      "@typescript-eslint/require-await": "off",
      // It takes every object literal of a class type for a mistake.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-unused-vars": "off",
      "no-console": "error",
      eqeqeq: "error",
      // A switch counts once: over a union it is a table, and the compiler knows that it is whole.
      complexity: ["error", { max: 10, variant: "modified" }],
      "max-depth": ["error", 3],
      "max-params": ["error", 4],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-restricted-syntax": ["error", NO_DEFAULT_EXPORTS],
    },
  },
  {
    name: "rooms",
    files: rooms.map((room) => `${room}/src/**`),
    ignores: TESTS,
    plugins: { rooms: roomsPlugin },
    rules: { "rooms/imports": "error" },
  },
  {
    name: "pure",
    files: PURE,
    ignores: ["protocol/src/bus/**", "protocol/src/pod/**", ...TESTS],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [{ name: "nats", message: "Only protocol/src/bus speaks to NATS." }],
          patterns: [{ regex: "^node:", message: "This code is pure: it takes what it needs as arguments." }],
        },
      ],
      "no-restricted-globals": [
        "error",
        ...IMPURE_GLOBALS.map((name) => ({
          name,
          message: "This code is pure: take time, chance and effects as arguments.",
        })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Take the time as an argument (nowMs)." },
        { object: "Math", property: "random", message: "Take a source of randomness as an argument." },
      ],
      "no-restricted-syntax": ["error", NO_DEFAULT_EXPORTS, ...NO_CLOCK_READING],
    },
  },
  {
    name: "tests",
    files: TESTS,
    rules: {
      "max-lines-per-function": "off",
      // An audit is a long list of questions, each of them simple.
      complexity: "off",
      "max-depth": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      // Tests say what they build; a test that tests a thing that is not there is told so by ava.
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
  {
    name: "users of the console",
    files: ["bench/**", "hack/**", "examples/**", "charts/**"],
    rules: { "no-console": "off" },
  },
  // A pipeline's file exports the pipeline; users write it so.
  { name: "examples", files: ["examples/**", "test/**/fixtures/**"], rules: { "no-restricted-syntax": "off" } },
  {
    name: "plain JavaScript",
    files: ["**/*.js", "**/*.mjs"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { console: "readonly", process: "readonly", fetch: "readonly", AbortSignal: "readonly" },
    },
    rules: { "@typescript-eslint/explicit-module-boundary-types": "off" },
  },
  { name: "configuration files", files: ["*.config.js"], rules: { "no-restricted-syntax": "off" } },
);
