import { mount } from '../../../generated/impl/index.ts';
import type { ByteStore } from '../../image/byte-store.ts';
import type { ImageView } from '../../image/image-view.ts';
import { byteDevice } from './byte-device.ts';
import { mounting } from './image-errors.ts';
import { MountedImage } from './mounted-image.ts';

/**
 * Looks into an ext4 image that somebody made. With an ImageOverlay the image itself is not changed, even where a log has
 * to be replayed. Throws ImageError.
 */
export function viewImage(store: ByteStore): ImageView {
  return new MountedImage(
    mounting(() => mount(byteDevice(store), { readOnly: true, atime: 'noatime', errors: 'continue' })),
  );
}
