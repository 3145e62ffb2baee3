/** Frames of the performer in guest/: two lengths of 32 bits, little endian, then a JSON text and bytes. */

const LENGTHS_BYTES = 8;

export function frame(message: unknown, data: Uint8Array = new Uint8Array(0)): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(data.length, 4);
  return Buffer.concat([lengths, text, data]);
}

export interface Frame {
  readonly message: unknown;
  readonly data: Uint8Array;
}

export function framesIn(bytes: Uint8Array): Frame[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Frame[] = [];
  for (let position = 0; position < whole.length;) {
    const textEnd = position + LENGTHS_BYTES + whole.readUInt32LE(position);
    const end = textEnd + whole.readUInt32LE(position + 4);
    const text = whole.toString('utf8', position + LENGTHS_BYTES, textEnd);
    frames.push({ message: JSON.parse(text) as unknown, data: whole.subarray(textEnd, end) });
    position = end;
  }
  return frames;
}
