import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allRecipes } from '../../corrupt/recipes.ts';
import { SeedImages, type SeedImage } from '../../corrupt/seed-images.ts';
import type { Corruption } from '../../corrupt/dissected-image.ts';
import { openChecker, type Checker } from '../../e2fsck.fixture.ts';
import { hasFeature } from '../../format.ts';
import { writeImage } from '../../image-file.ts';
import { typescriptImageSource } from './image-source.ts';

const seeds = new SeedImages(typescriptImageSource());
const unmounted = allRecipes().filter((recipe) => 'ending' in recipe && recipe.ending === 'unmount');

/** The fields that hold checksums, of structures that an unmounted image has. */
const CHECKSUMS: readonly (readonly [structure: string, field: string])[] = [
  ['ext4_super_block', 'checksum'],
  ['ext4_group_desc', 'checksum'],
  ['ext4_group_desc', 'blockBitmapCsumLo'],
  ['ext4_group_desc', 'inodeBitmapCsumLo'],
  ['ext4_inode', 'checksumLo'],
  ['ext4_dir_entry_tail', 'checksum'],
  ['ext4_extent_tail', 'checksum'],
  ['ext4_xattr_header', 'checksum'],
];

let checker: Checker;

beforeAll(async () => {
  checker = await openChecker();
});

afterAll(() => checker.close());

async function judged(seed: SeedImage, corruptions: readonly Corruption[], seal: boolean) {
  const path = join(checker.folder, 'image');
  writeImage(seed.image.damaged(corruptions, seal), path);
  return checker.e2fsck.check(path);
}

/** Each part of a structure gets the value in a field, or keeps the value that it has. */
function everywhere(seed: SeedImage, structure: string, field: string, value: number | null): Corruption[] {
  return seed.image.parts
    .filter((part) => part.structure === structure)
    .flatMap((part) => {
      const found = part.fields.find(({ name }) => name === field);
      if (found === undefined) return [];
      const { place } = part;
      return [{ kind: 'field', structure, place, field, value: value ?? seed.image.value(part, found) }];
    });
}

describe.each(unmounted.slice(0, 3))('an image: %j', (recipe) => {
  const seed = seeds.get(recipe);

  test('has parts of every kind, each at its place: e2fsck notices what is changed there', async () => {
    expect((await judged(seed, [], false)).status).toBe(0);
    for (const [structure, field] of CHECKSUMS) {
      const damage = everywhere(seed, structure, field, 0x1234);
      expect(damage.length, structure).toBeGreaterThan(0);
      const { status, output } = await judged(seed, damage, false);
      // Of a descriptor it may say so and go on.
      expect(status !== 0 || /checksum.*IGNORED/.test(output), `${structure}.${field}: ${output}`).toBe(true);
    }
  });
});

/** What images with a feature have, with a value that cannot be right. */
const ELSEWHERE: readonly (readonly [
  feature: string,
  structure: string,
  field: string,
  value: number | string,
])[] = [
  ['quota', 'v2r1_disk_dqblk', 'spaceLo', 0xffffff],
  ['mmp', 'mmp_struct', 'magic', 0x1234],
  ['inline_data', 'inline directory parent', '[0]', 999],
  ['orphan_file', 'ext4_orphan_block_tail', 'magic', 0x1234],
  ['', 'symlink target', 'bytes', '00'.repeat(20)],
];

test.each(ELSEWHERE)('%s: e2fsck notices a change at every %s', async (feature, structure, field, value) => {
  const recipe = unmounted.find((one) => JSON.stringify(one).includes(feature));
  if (recipe === undefined) throw new Error(`no image has ${feature}`);
  const seed = seeds.get(recipe);
  expect((await judged(seed, [], false)).status).toBe(0);
  const damage = everywhere(seed, structure, field, null).map(
    (one): Corruption => ({ ...one, value }) as Corruption,
  );
  expect(damage.length).toBeGreaterThan(0);
  expect((await judged(seed, damage, false)).status).not.toBe(0);
});

/** Every image takes its time: by default one of each kind of three. */
const sealed = unmounted.filter(
  (_, index) => process.env['TWINPATH_THOROUGH'] !== undefined || index % 3 === 0,
);

test.each(sealed)('is sealed again as e2fsck would have it: %j', async (recipe) => {
  const seed = seeds.get(recipe);
  // Times and hints that nothing else depends on, under every checksum there is.
  const harmless = [
    ...everywhere(seed, 'ext4_super_block', 'mkfsTime', 1_234_567_890),
    ...everywhere(seed, 'ext4_inode', 'atimeExtra', 8),
    ...everywhere(seed, 'ext4_extent_header', 'generation', 77),
    ...everywhere(seed, 'ext4_group_desc', 'excludeBitmapLo', 5),
    ...everywhere(seed, 'ext4_xattr_entry.value', 'bytes', null),
    ...everywhere(seed, 'block bitmap', 'bytes', null),
    ...everywhere(seed, 'inode bitmap', 'bytes', null),
    ...everywhere(seed, 'ext4_dir_entry_2.name', 'bytes', null),
  ];
  const checked = 'setup' in recipe && hasFeature(recipe.setup.format, 'metadata_csum');
  if (checked) expect((await judged(seed, harmless, false)).status).not.toBe(0);
  expect(await judged(seed, harmless, true)).toMatchObject({ status: 0 });
});
