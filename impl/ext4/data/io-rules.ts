/** How a call reads or writes, by the descriptor's flags and its own (ki_flags of struct kiocb). */
export interface IoRules {
  /** At the end of the file, wherever that is then (IOCB_APPEND). */
  readonly append: boolean;
  /** Past the page cache where the file allows it (IOCB_DIRECT). */
  readonly direct: boolean;
  /** What a write makes durable before it returns: nothing, what fdatasync does, or what fsync does (IOCB_DSYNC, IOCB_SYNC). */
  readonly sync: 'none' | 'data' | 'all';
  /** EAGAIN rather than wait (IOCB_NOWAIT). */
  readonly nowait: boolean;
  /** What comes into the cache for this call leaves it soon afterwards (IOCB_DONTCACHE). */
  readonly dontCache: boolean;
}

/** The rules of a descriptor without any such flag. */
export const PLAIN_RULES: IoRules = {
  append: false,
  direct: false,
  sync: 'none',
  nowait: false,
  dontCache: false,
};
