import { DX_HASH_HALF_MD4, DX_HASH_LEGACY, DX_HASH_TEA } from '../layout/directory-index.ts';

/** s_def_hash_version by the names that tune2fs and debugfs use (lib/e2p/hashstr.c of e2fsprogs). */
export const HASH_VERSIONS = {
  legacy: DX_HASH_LEGACY,
  half_md4: DX_HASH_HALF_MD4,
  tea: DX_HASH_TEA,
} as const;

export type HashName = keyof typeof HASH_VERSIONS;
