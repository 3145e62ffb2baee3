import { PLAIN_RULES, type IoRules } from '../ext4/data/io-rules.ts';
import type { FaultSwitches } from '../lib/faults.ts';
import type { OpenFlags, RwFlag } from './types.ts';

/** The rules of a descriptor that is opened with these flags (iocb_flags). */
export function rulesOf({ append, direct, sync, dsync }: OpenFlags): IoRules {
  if (append !== true && direct !== true && sync !== true && dsync !== true) return PLAIN_RULES;
  return {
    append: append === true,
    direct: direct === true,
    sync: sync === true ? 'all' : dsync === true ? 'data' : 'none',
    nowait: false,
    dontCache: false,
  };
}

/** The rules of one call on it (kiocb_set_rw_flags): a call may ask for more, never for less. */
export function rulesWith(rules: IoRules, flags: readonly RwFlag[], faults: FaultSwitches): IoRules {
  if (flags.length === 0) return rules;
  const ignoresNowait = faults.has('nowait-is-ignored');
  const dsync = flags.includes('dsync') || rules.sync === 'data';
  const sync = flags.includes('sync') || rules.sync === 'all';
  return {
    append: rules.append || flags.includes('append'),
    direct: rules.direct,
    sync: sync ? 'all' : dsync ? 'data' : 'none',
    nowait: flags.includes('nowait') && !ignoresNowait,
    dontCache: flags.includes('dontcache'),
  };
}
