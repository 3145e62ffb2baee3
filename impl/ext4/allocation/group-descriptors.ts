import type { BlockRuns } from '../../block/block-runs.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { baseZones, SystemZones, type FixedMetadata, type Zone } from './block-zones.ts';
import { descriptorBlock, type GroupLayout } from './group-layout.ts';
import {
  blockBitmap,
  GroupDescriptorLayout,
  inodeBitmap,
  inodeTable,
  unusedInodes,
} from '../layout/group-descriptor.ts';
import { GroupDescriptorSeal } from '../integrity/seals.ts';
import type { Group } from '../super/super-block.ts';
import type { CheckedSuperBlock } from '../super/check.ts';

/**
 * Reads and checks every descriptor (ext4_check_descriptors); their blocks stay in memory. Whoever only reads needs no
 * descriptor whose checksum holds. Free blocks and inodes are compared with the bitmaps when those are read.
 */
export function* readGroups(
  cache: BufferCache,
  checked: CheckedSuperBlock,
  readOnly: boolean,
): Sleepable<Group[]> {
  const { geometry, layout, groupChecksum } = checked;
  const { descriptorSize } = geometry;
  const perBlock = layout.descriptorsPerBlock;
  const zones = new SystemZones(baseZones(layout));
  const groups: Group[] = [];
  let seal: GroupDescriptorSeal | null = null;
  for (let number = 0; number < geometry.groups; number++) {
    const buffer = yield* cache.bread(descriptorBlock(layout, Math.floor(number / perBlock)));
    if (number % perBlock === 0 && groupChecksum !== null)
      seal = new GroupDescriptorSeal(groupChecksum, descriptorSize);
    const group: Group = {
      number,
      buffer,
      raw: GroupDescriptorLayout.at(buffer.view, (number % perBlock) * descriptorSize),
    };
    buffer.pinned = true;
    buffer.verified = true;
    buffer.seal = seal;
    seal?.add(group);
    if (!readOnly) checkChecksum(group, checked);
    checkDescriptor(group, checked, zones);
    groups.push(group);
  }
  return groups;
}

function checkChecksum({ number, buffer, raw }: Group, checked: CheckedSuperBlock): void {
  if (checked.groupChecksum === null) return;
  const { descriptorSize } = checked.geometry;
  const crc = checked.groupChecksum(number, buffer.data.subarray(raw.base, raw.base + descriptorSize));
  if (raw.checksum !== crc)
    throw new BadChecksum(`ext4_group_desc ${number}`, 'checksum', raw.checksum, String(crc));
}

function checkDescriptor({ number, raw }: Group, checked: CheckedSuperBlock, zones: SystemZones): void {
  const { geometry } = checked;
  const { descriptorSize, inodesPerGroup, inodeTableBlocksPerGroup } = geometry;
  const structure = `ext4_group_desc ${number}`;
  const place = (field: string, start: number, length: number): void => {
    if (
      start <= geometry.firstDataBlock ||
      start + length > geometry.blocks ||
      zones.overlaps(start, length)
    ) {
      throw new Corruption(
        structure,
        field,
        start,
        `${length} blocks below ${geometry.blocks}, behind descriptors`,
      );
    }
  };
  place('blockBitmap', blockBitmap(raw, descriptorSize), 1);
  place('inodeBitmap', inodeBitmap(raw, descriptorSize), 1);
  place('inodeTable', inodeTable(raw, descriptorSize), inodeTableBlocksPerGroup);
  const atMost = (field: string, found: number, most: number): void => {
    if (found > most) throw new Corruption(structure, field, found, `at most ${most}`);
  };
  atMost('itableUnused', unusedInodes(raw, descriptorSize), inodesPerGroup);
}

/** Where fixed metadata lies, the journal included, and how much there is (ext4_calculate_overhead). */
export function fixedMetadata(
  checked: CheckedSuperBlock,
  groups: readonly Group[],
  journal: BlockRuns,
): FixedMetadata {
  const { geometry, layout } = checked;
  const { descriptorSize, inodeTableBlocksPerGroup } = geometry;
  const zones: Zone[] = baseZones(layout);
  for (const { raw } of groups) {
    zones.push(
      { start: blockBitmap(raw, descriptorSize), length: 1 },
      { start: inodeBitmap(raw, descriptorSize), length: 1 },
      { start: inodeTable(raw, descriptorSize), length: inodeTableBlocksPerGroup },
    );
  }
  zones.push(...journal.runs);
  const merged = new SystemZones(zones);
  // Whoever wrote one would write the other (ext4_setup_system_zone).
  const twice = zones.reduce((sum, { length }) => sum + length, 0) - merged.total;
  if (twice !== 0)
    throw new Corruption(
      'ext4_group_desc',
      'blocks in two places',
      twice,
      '0: bitmaps, tables and the journal apart',
    );
  return { layout, zones: merged, overheadBlocks: overhead(layout, zones) };
}

/** Blocks of all clusters that hold fixed metadata, and of what lies before the first group. */
function overhead({ firstDataBlock, clusterRatio }: GroupLayout, zones: readonly Zone[]): number {
  const clusters = zones.map(({ start, length }) => {
    const first = Math.floor((start - firstDataBlock) / clusterRatio);
    const end = Math.ceil((start + length - firstDataBlock) / clusterRatio);
    return { start: first, length: length === 0 ? 0 : end - first };
  });
  return firstDataBlock + new SystemZones(clusters).total * clusterRatio;
}
