import { C_PROGRAM } from './c/program.ts';
import type { Form } from './form.ts';
import { FSTEST } from './fstests.ts';
import { FSX_OPS } from './fsx.ts';
import { SHELL_SCRIPT } from './shell/script.ts';
import { VITEST } from './vitest.ts';
import { XFS_IO_COMMANDS } from './xfs-io.ts';

/** Every form that there is, the most faithful first. */
export const FORMS: readonly Form[] = [C_PROGRAM, SHELL_SCRIPT, FSTEST, XFS_IO_COMMANDS, FSX_OPS, VITEST];
