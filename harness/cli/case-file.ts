import { readFileSync } from 'node:fs';
import { CaseError, readCase, type Case } from '../case.ts';
import { E2fsck } from '../e2fsck.ts';
import { PLANTED_FAULTS } from '../targets/typescript/target.ts';
import { UsageError } from './terminal.ts';

/** The case in a file that the user named. */
export function loadCase(path: string): Case {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${path}: the case file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  try {
    const saved = readCase(text, path);
    checkFaults(saved.faults, `${path}: $.faults: `);
    return saved;
  } catch (error) {
    if (error instanceof CaseError) throw new UsageError(error.message);
    throw error;
  }
}

/** Whether all these bugs can be planted; a name that means nothing would pass for a bug that was mended. */
export function checkFaults(names: readonly string[], where = ''): void {
  for (const name of names) {
    if (Object.hasOwn(PLANTED_FAULTS, name)) continue;
    throw new UsageError(
      `${where}there is no planted bug ${name}; ${nearlyNamed(name)}twinpath bugs --list says what there is`,
    );
  }
}

/** What somebody may have meant who knows a part of a name. */
function nearlyNamed(name: string): string {
  const words = name.split(/\W+/).filter(({ length }) => length > 2);
  const near = Object.keys(PLANTED_FAULTS).filter((known) => words.some((word) => known.includes(word)));
  return near.length === 0 || near.length > NEAR_MAX ? '' : `did you mean ${near.join(' or ')}? `;
}

const NEAR_MAX = 5;

/** Whether e2fsck is to look at images; it must be there then. */
export async function wantsE2fsck(wanted: boolean): Promise<boolean> {
  if (!wanted) return false;
  if ((await E2fsck.find()) !== null) return true;
  throw new UsageError(
    'e2fsck was not found. Install e2fsprogs (Debian: apt-get install e2fsprogs), ' +
      'or give --no-e2fsck to run without knowing whether the images are sound.',
  );
}
