import { existsSync } from 'node:fs';

const SYSTEM_PYTHON = '/usr/bin/python3';

/**
 * The python3 that makes calls of the real kernel in tests: the system's own where there is one. What some machines have first in the
 * path is a script that looks for a version, and takes ten times as long to begin.
 */
export const PYTHON = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3';
