import * as z from 'zod';
import { describeIssues } from '../../schema-issues.ts';

/** Of what both sides of the protocol speak; docs/guest-protocol.md says what that is. */
export const PROTOCOL_VERSION = 4;

const WORDS_MAX = 256;
const names = z.array(z.string().max(WORDS_MAX)).max(WORDS_MAX);

/** Others than we know may be said, for what speaks may be newer. */
const helloSchema = z.looseObject({
  version: z.literal(PROTOCOL_VERSION),
  kernel: z.string().max(WORDS_MAX),
  uid: z.int().min(0),
  gid: z.int().min(0),
  resources: z.boolean(),
  rawIo: z.boolean(),
  protectedHardlinks: z.boolean(),
  fileSystem: z.enum(['ext4', 'xfs', 'btrfs', 'tmpfs', 'other']).exactOptional(),
  blockSize: z.int().min(512).max(65_536).exactOptional(),
  atime: z.enum(['relatime', 'noatime']).exactOptional(),
  times: z.boolean().exactOptional(),
  unperformed: names.exactOptional(),
  /** Whether it shares the area that its words named (area.ts): between our own sides only. */
  area: z.boolean().exactOptional(),
});

/** What a performer says of itself and its machine when it starts. */
export type Hello = z.infer<typeof helloSchema>;

/** The first frame of a performer. Throws what is wrong with it, in words. */
export function readHello(text: string): Hello {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error('the performer began with what is no JSON');
  }
  const version = (said as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== PROTOCOL_VERSION)
    throw new Error(`the performer speaks version ${version}, not ${PROTOCOL_VERSION}`);
  const read = helloSchema.safeParse(said);
  if (!read.success) throw new Error(`the performer's first frame: ${describeIssues(read.error, said)}`);
  return read.data;
}
