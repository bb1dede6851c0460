/** Examples that stand at the head of each help. */
export const HELP = {
  troupe: `Examples:
  troupe run pipeline.yaml --jobs 3               run three jobs on this machine, and see their timeline
  troupe run film.ts --input '{"url": "a.mp4"}'   run one job through a pipeline that a program builds
  troupe validate pipeline.yaml                   say what is wrong, with the line and the cure
  troupe plan pipeline.yaml --jobs 100            predict the timeline, and where one more replica helps
`,
  run: `Examples:
  troupe run pipeline.yaml --jobs 3
  troupe run pipeline.yaml --input '{"url": "a.mp4"}' --input '{"url": "b.mp4"}' -o json
  troupe run pipeline.yaml --input @jobs.ndjson --process --timeline run.html
  troupe run config.yml --modules modules/ --set size=512 --context @context.json
  troupe run examples/documents/pipeline.ts docs/ README.md

Without --input and --jobs the file's own inputs are run, or one job with null.
A TypeScript file exports its pipeline (by default or as "pipeline"), and may export inputs (a list, or a
function of the words after FILE), process (true), and report (a function of what came out).
Exit: 0 all jobs are done, 1 a job failed, 2 the call or the file is wrong, 4 NATS is not there, 130 interrupted.
`,
  exec: `Examples:
  troupe exec examples/chunks/map.ts
  troupe exec simulate.ts --steps 100

The file is any TypeScript or JavaScript program; "@troupe/sdk" is found wherever it lies. What stands after it is the program's.
Exit: what the program exits with.
`,
  get: `Examples:
  troupe get actors
  troupe get actors --nats nats://127.0.0.1:4222 --group training
`,
  validate: `Examples:
  troupe validate pipeline.yaml
  troupe validate config.yml --set size=512 -o json

-o json: one object, { problems: [{ code, message, hint, path, line, column }], warnings: [the same] }. A file that is not there, or
code that cannot be loaded, is a problem too; its path, line and column are null.
Exit: 0 nothing is wrong, 1 something is, 2 the call is wrong: no such file, code that cannot be loaded.
`,
  plan: `Examples:
  troupe plan pipeline.yaml --jobs 100
  troupe plan pipeline.yaml --jobs 100 --durations run.json    durations as measured: troupe run … --timeline run.json
  troupe plan pipeline.yaml --jobs 3 -o json

A module takes its estimateSeconds, else what --durations says.
`,
  timeline: `Examples:
  troupe timeline run.json
  troupe timeline run.json --html run.html --svg run.svg
`,
  convert: `Examples:
  troupe convert config.yml > pipeline.yaml
`,
  completion: `Examples:
  source <(troupe completion bash)
  troupe completion zsh > "\${fpath[1]}/_troupe"
  troupe completion fish > ~/.config/fish/completions/troupe.fish
`,
} as const;
