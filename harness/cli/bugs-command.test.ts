import { expect, test } from 'vitest';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

test('the list says of each bug whether it is planted, or why not', async () => {
  const { code, out } = await twinpath('bugs', '--list');
  expect(code).toBe(EXIT.held);
  expect(out).toContain('B03  ');
  expect(out).toMatch(/iomap-zeroing-trusts-unwritten, seen by check \(result, tree\)/);
  expect(out).toMatch(/cannot exist here: .*MountChanges/);
});

test('the list of some is of those only, each once, and as JSON it has their sequences', async () => {
  const { code, out } = await twinpath(
    'bugs',
    '--list',
    '--json',
    'B36',
    'B03',
    'iomap-zeroing-trusts-unwritten',
  );
  expect(code).toBe(EXIT.held);
  expect(JSON.parse(out)).toMatchObject([
    { id: 'B36', kind: 'impossible' },
    {
      id: 'B03',
      fault: 'iomap-zeroing-trusts-unwritten',
      known: { operations: [{ op: 'open' }, {}, {}, {}] },
    },
  ]);
});

test.each([
  [['B99'], 'there is no bug B99'],
  [['B36'], 'B36 cannot exist here'],
  [['B03', '--seeds', '0'], '--seeds'],
  [['B03', '--budget', 'x'], '--budget'],
])('%j is a mistake of the user', async (words, hint) => {
  const { code, err } = await twinpath('bugs', ...words);
  expect(code).toBe(EXIT.impossible);
  expect(err).toContain(hint);
});
