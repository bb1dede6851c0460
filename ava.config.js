export default {
  // Node itself strips the types, and ava 8 imports every file untouched.
  extensions: ["ts"],
  files: [
    "{model,protocol,sdk,coordinator,runtime-image,local,operator,cli}/src/**/*.test.ts",
    "coordinator/sim/**/*.test.ts",
    "test/**/*.test.ts",
    "!test/**/fixtures/**",
  ],
  // How long nothing may happen at all, not how long one test may take.
  timeout: "2m",
  // Processes, not threads: tests start and kill children and change directories.
  workerThreads: false,
  concurrency: 2,
};
