/** The `troupe` command. */
import { EXIT } from "./exit-codes.ts";
import { errorText } from "./error-text.ts";
import { makeProgram } from "./program.ts";

const FIRST_ARGUMENT = 2;

async function main(): Promise<number> {
  try {
    return await makeProgram().run(process.argv.slice(FIRST_ARGUMENT));
  } catch (error) {
    const { text, exit } = errorText(error);
    process.stderr.write(text);
    return exit;
  }
}

// Whoever reads our output may stop reading: `troupe run … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
});

const code = await main();
// Output to a pipe is written in the background. What user code left running must not keep the command alive.
await Promise.all(
  [process.stdout, process.stderr].map(
    async (stream) =>
      new Promise<void>((resolve) =>
        stream.write("", () => {
          resolve();
        }),
      ),
  ),
);
process.exit(code);
