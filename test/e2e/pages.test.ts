/** How commands are found on the pages; that they are typed shows the journey. */
import test from "ava";
import { commandsIn, commandsOfPages, Pages } from "./support/pages.ts";

const PAGE = `
Text with \`helm show values charts/troupe\`, \`kubectl scale\` and \`kubectl get … -o name\`.

\`\`\`sh
# a comment
one --a   # why
two \\
  --b
three - <<'END'
x: 1
END
for a in b; do
  four
done
five \\
  | six
\`\`\`

_Not run by the tests: it needs Docker._

\`\`\`sh
kind create cluster
\`\`\`
`;

test("a command ends with its line, or where its backslash, heredoc or loop does", (t) => {
  t.deepEqual(
    commandsIn(PAGE).map(({ text, notRun }) => [text, notRun]),
    [
      ["one --a", null],
      ["two \\\n  --b", null],
      ["three - <<'END'\nx: 1\nEND", null],
      ["for a in b; do\n  four\ndone", null],
      ["five \\\n  | six", null],
      ["kind create cluster", "it needs Docker."],
      ["helm show values charts/troupe", null],
    ],
  );
});

test("the pages have commands that are typed, and some that say why not", async (t) => {
  const commands = await commandsOfPages();
  t.true(commands.filter(({ notRun }) => notRun === null).length >= 20);
  t.true(commands.filter(({ notRun }) => notRun !== null).length >= 5);
});

test("what is on no page cannot be typed, what was typed is left no more, and examples give way", async (t) => {
  const scripts: string[] = [];
  const pages = await Pages.read(async (script) => {
    scripts.push(script);
    return "said";
  });
  const all = pages.left().length;
  t.is(await pages.type("helm show values", { instead: { "charts/troupe": "here" } }), "said");
  t.regex(scripts.join(), /^helm show values here$/m);
  t.is(pages.left().length, all - 1);
  await t.throwsAsync(pages.type("helm rollback"), { message: /^0 commands/ });
  await t.throwsAsync(pages.type("helm upgrade troupe"), { message: /^[2-9] commands/ });
  await t.throwsAsync(pages.type("helm show values", { instead: { nowhere: "here" } }), { message: /does not occur/ });
});
