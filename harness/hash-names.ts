/** The hashes of names that an index may have (`tune2fs -E hash_alg`). A file of its own, so that a command line loads no schemas. */
export const HASH_NAMES = ['legacy', 'half_md4', 'tea'] as const;

export type HashName = (typeof HASH_NAMES)[number];
