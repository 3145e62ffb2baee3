import type { Operation, OperationName } from '../model/index.ts';
import { isSeekForContents } from './operation-schema.ts';
import type { Target } from './target.ts';
import { unknown, type Verdict } from './verdict.ts';

/** Parts of operations that a target may be unable to perform although it performs the rest. */
export type OperationPart =
  | 'seek data'
  | 'fallocate collapse'
  | 'fallocate insert'
  | 'fallocate zero'
  | 'fallocate keep-size'
  | 'fallocate write-zeroes'
  | 'reconfigure path'
  | 'drop one cache'
  | 'open direct'
  | 'open sync'
  | 'rwf'
  | 'pieces'
  | 'fault'
  | 'misaligned';

/** What a target cannot perform: whole operations, and parts of others. */
export type Unperformed = ReadonlySet<OperationName | OperationPart>;

export const PERFORMS_ALL: Unperformed = new Set();

/** What of `operation` is among `unperformed`; null when nothing is, nearly always. */
export function unperformedOf(
  operation: Operation,
  unperformed: Unperformed,
): OperationName | OperationPart | null {
  if (unperformed.size === 0) return null;
  if (unperformed.has(operation.op)) return operation.op;
  return partsOf(operation).find((part) => unperformed.has(part)) ?? null;
}

function partsOf(operation: Operation): readonly OperationPart[] {
  switch (operation.op) {
    case 'seek':
      return isSeekForContents(operation.whence) ? ['seek data'] : [];
    case 'fallocate':
      return FALLOCATE_PARTS.filter(([mode]) => operation.mode === mode).map(([, part]) => part);
    case 'open': {
      const { direct, sync, dsync } = operation.flags;
      return [
        ...(direct === true ? (['open direct'] as const) : []),
        ...(sync === true || dsync === true ? (['open sync'] as const) : []),
      ];
    }
    case 'reconfigure':
      return operation.mount.bufferedIomap === undefined ? [] : ['reconfigure path'];
    case 'drop-caches':
      return operation.what === undefined ? [] : ['drop one cache'];
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
      return TRANSFER_PARTS.filter(([option]) => operation[option] !== undefined).map(([, part]) => part);
    default:
      return [];
  }
}

const FALLOCATE_PARTS = [
  ['collapse', 'fallocate collapse'],
  ['insert', 'fallocate insert'],
  ['zero', 'fallocate zero'],
  ['zero-keep-size', 'fallocate zero'],
  ['keep-size', 'fallocate keep-size'],
  ['zero-keep-size', 'fallocate keep-size'],
  ['write-zeroes', 'fallocate write-zeroes'],
] as const;

const TRANSFER_PARTS = [
  ['rwf', 'rwf'],
  ['pieces', 'pieces'],
  ['faultAt', 'fault'],
  ['misaligned', 'misaligned'],
] as const;

/** What one of several targets cannot perform. */
export const unperformedBy = (targets: readonly Target[]): Unperformed =>
  new Set(targets.flatMap(({ capabilities }) => [...capabilities.unperformed]));

/** Whether all setups must be usual ones, because some target has features of its own. */
export const wantsUsualFormat = (targets: readonly Target[]): boolean =>
  targets.some(({ capabilities: { format = 'ext4' } }) => format !== 'ext4');

/** How the targets, together, want setups to be: mapped directly sometimes, always, or (undefined) never. */
export function daxOf(targets: readonly Target[]): 'possible' | 'required' | undefined {
  const wants = targets.map(({ capabilities }) => capabilities.dax);
  if (wants.includes(undefined)) return undefined;
  return wants.includes('required') ? 'required' : 'possible';
}

/** Whether all of them mount blocks larger than a page. */
export const takeLargeBlocks = (targets: readonly Target[]): boolean =>
  targets.every(({ capabilities: { largeBlocks } }) => largeBlocks === true);

/** Why a sequence cannot be judged on these targets; null when all of them can perform all of it. */
export function whyUnperformed(operations: readonly Operation[], targets: readonly Target[]): Verdict | null {
  for (const { name, capabilities } of targets) {
    if (capabilities.unperformed.size === 0) continue;
    for (const operation of operations) {
      const missing = unperformedOf(operation, capabilities.unperformed);
      if (missing !== null) return unknown(`${name} cannot perform ${missing}`);
    }
  }
  return null;
}
