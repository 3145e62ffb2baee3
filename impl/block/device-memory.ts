/** Bytes of a page of memory, and so of a device that can be mapped. */
export const DEVICE_PAGE_BYTES = 4096;

/**
 * The memory that a device consists of, where the processor can load and store there without a transfer (struct
 * dax_device). Pages are counted from the device's beginning. What is handed out is good until the caller sleeps.
 */
export interface DeviceMemory {
  /** The bytes of a page, to be looked at only (dax_direct_access). */
  page(index: number): Uint8Array;
  /** The same to be stored to: the device holds what is stored at once, for good only after `flush`. */
  writablePage(index: number): Uint8Array;
  /** What was stored to the page survives a power cut (dax_flush). */
  flush(index: number): void;
}
