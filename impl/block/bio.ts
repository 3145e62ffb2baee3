/** The unit of addresses on a device, whatever its file system's block size (kernel: SECTOR_SIZE). */
export const SECTOR_BYTES = 512;

/** One transfer. FLUSH and FUA are the only ordering the device promises. */
export interface Bio {
  readonly direction: 'read' | 'write';
  /** First sector (512 bytes). */
  readonly sector: number;
  /** Memory in order; each a multiple of 512 bytes. Empty for a bare flush. */
  readonly segments: readonly Uint8Array[];
  /** REQ_PREFLUSH: everything written before is durable before this starts. */
  readonly preflush: boolean;
  /** REQ_FUA: durable when it completes. */
  readonly fua: boolean;
}

/** Null, or why the transfer failed. */
export type BioStatus = 'EIO' | null;
