import type { Report } from "./report.ts";

/** The report for people. */
export function markdownOf(report: Report): string {
  const { files, bytes, words, languages, topWords, similar, table } = report;
  return [
    "# Documents",
    `${files} files, ${words.toLocaleString("en")} words, ${(bytes / 1024).toFixed(0)} KiB. Languages: ${languages.map(([name, count]) => `${name} (${count})`).join(", ")}.`,
    "## Most frequent words",
    topWords.map(([word, count]) => `${cell(word)} (${count})`).join(", "),
    "## Most similar files",
    similar.length === 0
      ? "No two files share much of their text."
      : rows(
          ["file", "file", "shared"],
          similar.map(({ a, b, similarity }) => [a, b, `${Math.round(similarity * 100)}%`]),
        ),
    "## Files",
    rows(
      ["file", "words", "distinct", "reading ease", "compressed to", "language", "links"],
      table.map((row) => [
        row.name,
        row.words,
        row.distinctWords,
        row.readingEase.toFixed(0),
        `${Math.round(row.compression * 100)}%`,
        row.language,
        row.links,
      ]),
    ),
    "",
  ].join("\n\n");
}

function rows(head: readonly string[], body: readonly (readonly (string | number)[])[]): string {
  const lines = [head, head.map(() => "---"), ...body];
  return lines.map((line) => `| ${line.map((value) => cell(String(value))).join(" | ")} |`).join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
