import type { ModelOptions } from '../../../model/index.ts';
import type { Hello } from './hello.ts';
import { isBefore } from './kernel-version.ts';

/** What the model must know of the machine whose kernel answers. */
export const machineTraits = ({ resources, rawIo, protectedHardlinks }: Hello): Partial<ModelOptions> => ({
  rootHasResources: resources,
  rootHasRawIo: rawIo,
  protectedHardlinks,
  ownClock: true,
});

/** ext4 has RWF_DONTCACHE since then: commit ae21c0c0ac56aa734327e9c8b7dfef4270ab54d4. */
const UNCACHED_IO_SINCE = '6.17';

/** The same where that kernel is a Linux, whose release says more. */
export const linuxTraits = (hello: Hello): Partial<ModelOptions> => ({
  ...machineTraits(hello),
  uncachedIo: !isBefore(hello.kernel, UNCACHED_IO_SINCE),
});
