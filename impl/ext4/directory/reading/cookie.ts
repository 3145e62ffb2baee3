import { EXT4_HTREE_EOF_32BIT } from '../../layout/directory-index.ts';
import { highHalf, join, lowHalf } from '../../../lib/struct.ts';

/** A position in a directory, as telldir(3) gives it (f_pos, d_off): a number of 63 bits, in two unsigned words. */
export interface DirectoryCookie {
  readonly high: number;
  readonly low: number;
}

export const START: DirectoryCookie = { high: 0, low: 0 };

export const sameCookie = (left: DirectoryCookie, right: DirectoryCookie): boolean =>
  left.low === right.low && left.high === right.high;

/** The cookie of a byte offset, exact below 2^53. */
export const cookieOfOffset = (offset: number): DirectoryCookie => ({
  high: highHalf(offset),
  low: lowHalf(offset),
});

export const offsetOfCookie = ({ high, low }: DirectoryCookie): number => join(high, low);

/** How hashes become positions (hash2pos, pos2maj_hash, pos2min_hash, ext4_get_htree_eof). */
export interface CookieFormat {
  /** Behind the last name. */
  readonly end: DirectoryCookie;
  /** The two words of the position of a hash. */
  high(major: number): number;
  low(major: number, minor: number): number;
  major(cookie: DirectoryCookie): number;
  minor(cookie: DirectoryCookie): number;
}

/** What a process of 64 bits gets: half the major hash, then the minor one. */
export const COOKIES_64: CookieFormat = {
  end: { high: EXT4_HTREE_EOF_32BIT, low: 0xffffffff },
  high: (major) => major >>> 1,
  low: (_, minor) => minor,
  major: ({ high }) => (high << 1) >>> 0,
  minor: ({ low }) => low,
};

/** What a process of 32 bits gets, and an old NFS client: half the major hash, which several names may share. */
export const COOKIES_32: CookieFormat = {
  end: { high: 0, low: EXT4_HTREE_EOF_32BIT },
  high: () => 0,
  low: (major) => major >>> 1,
  major: ({ low }) => (low << 1) >>> 0,
  minor: () => 0,
};
