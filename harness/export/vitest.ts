import { writeCase } from '../case.ts';
import type { Form } from './form.ts';
import { headingOf } from './heading.ts';
import type { Reproduction } from './reproduction.ts';

/** A test of vitest that holds the case for ever, with the library of twinpath. */
export const VITEST: Form = {
  name: 'vitest',
  extension: 'test.ts',
  summary: 'a regression test for vitest, with the library of twinpath; it can express every operation',
  usage: (file) => `npx vitest run ${file}`,
  write: (reproduction) => ({ text: testOf(reproduction), obstacles: [] }),
};

function testOf(reproduction: Reproduction): string {
  const { faults, ...saved } = reproduction.case;
  const comment = headingOf(reproduction).map((line) => `// ${line}`.trimEnd());
  // A planted bug is no regression: the test says what must hold without it.
  const planted =
    faults.length === 0
      ? []
      : [`// It was found with planted bugs (${faults.join(', ')}), which are off here.`];
  const text = writeCase({ ...saved, faults: [] }).trimEnd();
  return `${[...comment, ...planted].join('\n')}
import { test } from 'vitest';
import { expectCase } from 'twinpath/vitest';

test(${JSON.stringify(nameOf(reproduction))}, () =>
  expectCase(${text.replaceAll('\n', '\n  ')}));
`;
}

function nameOf({ case: { failure, operations } }: Reproduction): string {
  const names = operations.map(({ op }) => op).join(', ');
  return failure === null ? names : `${names}: no ${failure.kind} on ${failure.target}`;
}
