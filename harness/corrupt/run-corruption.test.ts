import { expect, test } from 'vitest';
import { refusalOf } from '../targets/typescript/dissection.ts';
import { typescriptImageSource } from '../targets/typescript/image-source.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import type { CorruptionCase } from './corruption-case.ts';
import { drawCase, runCorruption, type CaseContext } from './run-corruption.ts';
import { allRecipes } from './recipes.ts';
import { SeedImages } from './seed-images.ts';

/** `twinpath corrupt` runs as many as somebody has time for; here are a few of every kind. */
const IMAGES = 100;
const SEED = 20261122;

/** Making an image takes as long as damaging a few. */
const recipes = allRecipes().filter((_, index) => index % 7 < 2);

const seeds = new SeedImages(typescriptImageSource());
const targets = typescriptTargets();
const names = targets.map(({ name }) => name);
const context: CaseContext = { seeds, targets, refusalOf, onStep: () => undefined };

test('damaged images get answers, or errors that say why', () => {
  let mounted = 0;
  let damaged = 0;
  for (let number = 0; number < IMAGES; number++) {
    const value = drawCase(SEED, number, recipes, names, seeds);
    const { fault, refusal, answers } = runCorruption(value, context);
    expect(fault, JSON.stringify(value)).toBeNull();
    if (refusal === null) mounted++;
    if (answers.has('EUCLEAN') || answers.has('EBADMSG')) damaged++;
  }
  // Were none refused, or none mounted, nothing would have been tried.
  expect(mounted).toBeGreaterThan(IMAGES / 4);
  expect(IMAGES - mounted).toBeGreaterThan(IMAGES / 20);
  expect(damaged).toBeGreaterThan(IMAGES / 20);
});

const journalled = allRecipes().find((one) => 'setup' in one && one.setup.mount.data === 'journal');

/** Cases that were found once, by what was wrong, on the usual images or on these. */
const FOUND: readonly (readonly [
  string,
  Pick<CorruptionCase, 'corruptions' | 'seal' | 'policy' | 'seed'>,
  typeof journalled?,
])[] = [
  [
    'a tree block that is damaged, while several folios of journalled data are read ahead',
    {
      corruptions: [
        {
          kind: 'field',
          structure: 'ext4_extent_tail',
          place: placeOf('ext4_extent_tail', 0, journalled),
          field: 'checksum',
          value: 1,
        },
      ],
      seal: false,
      policy: { readOnly: false, errors: 'continue' },
      seed: -1336816797,
    },
    journalled,
  ],
  [
    'an entry of no known type',
    {
      corruptions: [
        {
          kind: 'field',
          structure: 'ext4_dir_entry_2',
          place: placeOf('ext4_dir_entry_2', 0.5),
          field: 'fileType',
          value: 23,
        },
      ],
      seal: true,
      policy: { readOnly: false, errors: 'remount-ro' },
      seed: 1,
    },
  ],
  [
    'a bitmap in which everything is used, while delayed data waits for a place',
    {
      corruptions: [
        { kind: 'field', structure: 'block bitmap', place: '0', field: 'bytes', value: 'ff'.repeat(128) },
      ],
      seal: false,
      policy: { readOnly: false, errors: 'continue' },
      seed: 1,
    },
  ],
  [
    'a directory that is longer than any map reaches',
    {
      corruptions: [{ kind: 'field', structure: 'ext4_inode', place: '2', field: 'sizeHigh', value: 9215 }],
      seal: true,
      policy: { readOnly: false, errors: 'continue' },
      seed: -767004413,
    },
  ],
  [
    'an inode of no type',
    {
      corruptions: [{ kind: 'field', structure: 'ext4_inode', place: '12', field: 'mode', value: 0x3000 }],
      seal: true,
      policy: { readOnly: false, errors: 'continue' },
      seed: 1,
    },
  ],
];

/** Where a structure of the image lies, `part` of the way from the first to the last of its kind. */
function placeOf(structure: string, part: number, recipe = allRecipes()[0]): string {
  if (recipe === undefined) throw new Error('there is no recipe');
  const found = seeds.get(recipe).image.parts.filter((one) => one.structure === structure);
  return found[Math.floor(found.length * part)]?.place ?? '';
}

for (const [what, found, special] of FOUND) {
  test.each(names)(`${what}: %s`, (target) => {
    for (const image of special === undefined ? allRecipes().slice(0, 2) : [special]) {
      const value = {
        format: 'twinpath-corruption',
        version: 1,
        image,
        target,
        fault: null,
        ...found,
      } as const;
      for (let seed = found.seed; seed < found.seed + 5; seed++)
        expect(runCorruption({ ...value, seed }, context).fault).toBeNull();
    }
  });
}
