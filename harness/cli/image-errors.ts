import { ImageError } from '../image/image-overlay.ts';
import { printable } from './image-listing.ts';
import { UsageError } from './terminal.ts';

/** What goes wrong with an image is told with its name, and is the user's to mend. */
export async function namingImage<T>(file: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ImageError) throw new UsageError(`${file}: ${printable(error.message)}`);
    throw error;
  }
}
