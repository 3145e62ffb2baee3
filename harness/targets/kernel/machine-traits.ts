import type { ModelOptions } from '../../../model/index.ts';
import type { Hello } from './hello.ts';

/** What the model must know of the machine whose kernel answers. */
export const machineTraits = ({ resources, rawIo, protectedHardlinks }: Hello): Partial<ModelOptions> => ({
  rootHasResources: resources,
  rootHasRawIo: rawIo,
  protectedHardlinks,
  ownClock: true,
});
