import { fileURLToPath } from 'node:url';

/** The program that performs on a kernel: beside harness/ in the sources, and beside dist/bundle/. */
export const GUEST = fileURLToPath(new URL('../guest', import.meta.url));
