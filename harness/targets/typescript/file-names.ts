import { decodeName, encodeName } from '../../../generated/impl/index.ts';

/** The text by which a file system of impl/ knows a name of these bytes, and back: any bytes survive the way. */
export const nameText = (bytes: Uint8Array): string => decodeName(bytes);

export const nameBytes = (text: string): Uint8Array => encodeName(text);
