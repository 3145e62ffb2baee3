import { setupText } from '../program-text.ts';
import { programOf, toldStory, type Story } from '../story.ts';
import type { CorruptionCase, CorruptionFault, ImageRecipe } from './corruption-case.ts';
import type { Corruption } from './dissected-image.ts';

/** What a report shows of a damaged image that did harm. */
export function corruptionStory(value: CorruptionCase, fault: CorruptionFault, stack: string): Story {
  const { readOnly, errors } = value.policy;
  return toldStory(`${fault.kind}: ${fault.detail}`, {
    facts: [
      ['Image', recipeText(value.image)],
      ['Checksums', value.seal ? 'made right again' : 'as the damage left them'],
      ['Mounted', `${readOnly ? 'read-only' : 'read-write'}, errors=${errors}`],
      ['Target', value.target],
      ['Choices', `seed ${value.seed}`],
    ],
    programs: [programOf('Damage', value.corruptions.map(corruptionText), null)],
    details: stack === '' ? null : stack,
  });
}

function recipeText(recipe: ImageRecipe): string {
  if ('file' in recipe) return recipe.file;
  const tuned = recipe.tuned === undefined ? '' : `, tune2fs -O ${recipe.tuned.join(',')}`;
  return `${setupText(recipe.setup)}, filled, then ${recipe.ending}${tuned}`;
}

function corruptionText(corruption: Corruption): string {
  switch (corruption.kind) {
    case 'field':
      return `${corruption.structure} at ${corruption.place}: ${corruption.field} = ${corruption.value}`;
    case 'bit':
      return `bit ${corruption.bit} of byte ${corruption.offset} flipped`;
    case 'block':
      return `block ${corruption.block} overwritten with ${corruption.from === null ? 'zeros' : `block ${corruption.from}`}`;
  }
}
