/** A message as NATS's protocol writes it. Pure. */
import type { PublishOptions } from "./port.ts";

/** Above it the payload is not copied to its head: the library copies what it writes together anyway. */
const COPIED_BYTES = 16 * 1024;

const LINE_END = Buffer.from("\r\n");

/**
 * @returns the bytes of a `PUB` or `HPUB`, in one piece or in three; undefined: a subject or a header that is none.
 */
export function publishCommand(
  subject: string,
  data: Uint8Array,
  { reply, headers }: PublishOptions = {},
): readonly Uint8Array[] | undefined {
  const head = headOf(subject, reply, { headers, bytes: data.byteLength });
  if (head === undefined) return undefined;
  if (data.byteLength > COPIED_BYTES) return [Buffer.from(head), data, LINE_END];
  const headBytes = Buffer.byteLength(head);
  const out = Buffer.allocUnsafe(headBytes + data.byteLength + LINE_END.byteLength);
  out.write(head);
  out.set(data, headBytes);
  out.set(LINE_END, headBytes + data.byteLength);
  return [out];
}

/** Up to the payload. */
function headOf(
  subject: string,
  reply: string | undefined,
  what: { readonly headers: PublishOptions["headers"]; readonly bytes: number },
): string | undefined {
  if (subject === "") return undefined;
  const to = reply === undefined || reply === "" ? subject : `${subject} ${reply}`;
  if (what.headers === undefined) return `PUB ${to} ${what.bytes}\r\n`;
  const headers = headersText(what.headers);
  if (headers === undefined) return undefined;
  const headerBytes = Buffer.byteLength(headers);
  return `HPUB ${to} ${headerBytes} ${headerBytes + what.bytes}\r\n${headers}`;
}

function headersText(headers: Readonly<Record<string, string>>): string | undefined {
  let text = "NATS/1.0\r\n";
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (!NAME.test(name) || BREAK.test(value)) return undefined;
    text += `${name}: ${value.trim()}\r\n`;
  }
  return `${text}\r\n`;
}

/** What the library takes for a header's name and value, and less. */
const NAME = /^[\w-]+$/;
const BREAK = /[\r\n]/;
