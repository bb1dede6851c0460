/**
 * Placeholders contain braces, which mean something else in YAML (`[${X}]`). Before the text is parsed, every character of a
 * placeholder is moved into a private area of Unicode; lengths and so places stay the same.
 */

/** `${NAME}`, `${NAME:-default}`, or escaped as `$${NAME}`. */
const PLACEHOLDER = /\$?\$\{\w+(?::-[^}\n]*)?\}/g;
const PARTS = /^(\$?)\$\{(\w+)(?::-([^}\n]*))?\}$/;

const AREA = 0xe000;
const SHIELDED = /[\uE000-\uE07F]/g;
const SHIELDED_PLACEHOLDER = /\uE024{1,2}\uE07B[^\uE07D]*\uE07D/g;

export interface Placeholder {
  readonly name: string;
  /** What it stands for when nothing else is said; null: it must be given. */
  readonly fallback: string | null;
}

export function shield(text: string): string {
  return text.replace(PLACEHOLDER, (found) => found.replace(/[\0-\x7f]/g, shieldCharacter));
}

/** The text as the user wrote it. */
export function unshield(text: string): string {
  return text.replace(SHIELDED, (character) => String.fromCharCode(character.charCodeAt(0) - AREA));
}

/** Replaces every shielded placeholder; escaped ones become what they show, without the first `$`. */
export function replacePlaceholders(shielded: string, value: (placeholder: Placeholder) => string): string {
  const replaced = shielded.replace(SHIELDED_PLACEHOLDER, (found) => {
    const written = unshield(found);
    const parts = PARTS.exec(written);
    if (parts === null) return written;
    const [, escape, name = "", fallback] = parts;
    return escape === "$" ? written.slice(1) : value({ name, fallback: fallback ?? null });
  });
  return unshield(replaced);
}

export function hasShielded(text: string): boolean {
  return text.search(SHIELDED) !== -1;
}

function shieldCharacter(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + AREA);
}
