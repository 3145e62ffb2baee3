/**
 * Names on disk are bytes; names in the interface are text. UTF-8 connects them. A byte that is not part of valid UTF-8
 * becomes the lone surrogate U+DC00 + byte, and back (the scheme of Python's PEP 383), so any bytes from other tools
 * survive reading and can be named again. Other lone surrogates, which no disk produces, are written as U+FFFD.
 */

const ESCAPE = 0xdc00;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isEscape = (unit: number): boolean => unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff;

/** How many bytes `text` takes on disk. */
export function nameBytes(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80 || isEscape(unit)) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

/** The bytes of `text`. */
export function encodeName(text: string): Uint8Array {
  const bytes = new Uint8Array(nameBytes(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (isHighSurrogate(point) && isLowSurrogate(text.charCodeAt(i + 1))) {
      point = 0x10000 + ((point - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
    }
    at = putPoint(bytes, at, point);
  }
  return bytes;
}

function putPoint(bytes: Uint8Array, at: number, point: number): number {
  if (isEscape(point)) {
    bytes[at] = point - ESCAPE;
    return at + 1;
  }
  const value = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  const following = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
  bytes[at] = (LEADS[following] ?? 0) | (value >> (6 * following));
  for (let i = 1; i <= following; i++) bytes[at + i] = 0x80 | ((value >> (6 * (following - i))) & 0x3f);
  return at + following + 1;
}

/** Marks of the first byte, by the number of bytes that follow it. */
const LEADS = [0, 0xc0, 0xe0, 0xf0];

/** The text of `bytes`, of which there are at most some thousands. */
export function decodeName(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeUtf8(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : sequenceLength(bytes, at, first);
    if (length === 0) {
      text += String.fromCharCode(ESCAPE + first);
      at++;
      continue;
    }
    text += length === 1 ? String.fromCharCode(first) : String.fromCodePoint(pointAt(bytes, at, length));
    at += length;
  }
  return text;
}

/** Bytes of the valid sequence of two or more that starts at `at`, or 0 where the byte is not the start of one. */
function sequenceLength(bytes: Uint8Array, at: number, first: number): number {
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  const point = pointAt(bytes, at, length);
  const shortest = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < shortest || point > 0x10ffff || surrogate ? 0 : length;
}

function pointAt(bytes: Uint8Array, at: number, length: number): number {
  let point = (bytes[at] ?? 0) & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f);
  return point;
}
