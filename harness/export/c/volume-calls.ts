import type { Operation } from '../../../model/index.ts';
import { text } from './words.ts';
import { args, type CWriter } from './writer.ts';

const NAMES = [
  'sync',
  'statfs',
  'setcreds',
  'drop-caches',
  'reclaim',
  'writeback',
  'trim',
  'fiemap',
  'bmap',
  'move-extent',
  'mkswap',
  'swapon',
  'swapoff',
  'freeze',
  'thaw',
  'reconfigure',
  'remount',
] as const satisfies Operation['op'][];

export type VolumeCall = Extract<Operation, { op: (typeof NAMES)[number] }>;

export const isVolumeCall = (operation: Operation): operation is VolumeCall =>
  (NAMES as readonly string[]).includes(operation.op);

const DROPPED = { pages: '1', inodes: '2', all: '3' } as const;

/** Calls on the whole file system, on what is in memory of it, and on where bytes lie. */
export function writeVolumeCall(operation: VolumeCall, writer: CWriter): void {
  switch (operation.op) {
    case 'sync':
      return writer.check('(sync(), 0)');
    case 'statfs':
      return writer.performs('statfs(".", &space)');
    case 'setcreds': {
      const { uid, gid, groups } = operation;
      const list = `(const gid_t[]){${args(...groups, 0)}}`;
      return writer.use('caller').check(`become(${args(uid, gid, groups.length, list)})`);
    }
    case 'drop-caches':
      return writer.use('machine').check(`drop_caches("${DROPPED[operation.what ?? 'all']}")`);
    case 'reclaim':
    case 'writeback':
      return writer
        .use('ranges')
        .check(`${operation.op}(${args(text(operation.path), operation.offset, operation.length)})`);
    case 'trim': {
      const range = `&(struct fstrim_range){${args(operation.start, operation.length, operation.minimum)}}`;
      return writer.use('ranges').performs(`trim(${range})`);
    }
    case 'fiemap': {
      const { path, offset, length, sync } = operation;
      const flags = sync === true ? 'FIEMAP_FLAG_SYNC' : '0';
      return writer.use('extents').performs(`extents(${args(text(path), offset, length, flags)})`);
    }
    case 'bmap':
      return writer.use('extents').performs(`block_of(${args(text(operation.path), operation.block)})`);
    case 'move-extent': {
      const files = [writer.variable(operation.handle), writer.variable(operation.donor)];
      const { offset, donorOffset, length } = operation;
      return writer.use('moving').check(`move_extent(${args(...files, offset, donorOffset, length)})`);
    }
    case 'mkswap':
      return writer.use('swapping').check(`make_swap(${writer.variable(operation.handle)})`);
    case 'swapon':
      return writer.check(`swapon(${text(operation.path)}, 0)`);
    case 'swapoff':
      return writer.check(`swapoff(${text(operation.path)})`);
    case 'freeze':
    case 'thaw':
      return writer
        .use('standing')
        .check(`stand_still(${operation.op === 'freeze' ? 'FIFREEZE' : 'FITHAW'})`);
    case 'reconfigure':
      return writeReconfigure(operation, writer);
    case 'remount':
      for (const name of writer.variables) {
        writer.plain(name.startsWith('fd') ? `if (${name} >= 0)\n\t\tshut(&${name});` : `unmap(&${name});`);
      }
      if ([...writer.variables].some((name) => name.startsWith('fd'))) writer.use('opened');
      return writer.use('mounting').check('remount()');
  }
}

function writeReconfigure({ mount }: Extract<VolumeCall, { op: 'reconfigure' }>, writer: CWriter): void {
  const { dioreadNolock, bufferedIomap } = mount;
  const words = [
    ...(dioreadNolock === undefined ? [] : [dioreadNolock ? 'dioread_nolock' : 'dioread_lock']),
    ...(bufferedIomap === undefined ? [] : [bufferedIomap ? 'buffered_iomap' : 'nobuffered_iomap']),
  ];
  writer.use('mounting').check(`reconfigure(${text(words.join(','))})`);
}
