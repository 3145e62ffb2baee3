import type { Dice } from '../generate/dice.ts';
import type { Corruption, DissectedImage, ImagePart } from './dissected-image.ts';
import { damagedValue } from './field-values.ts';

/** The parts of an image by their structure, so that a lonely superblock is chosen as often as a thousand entries. */
export class PartsByStructure {
  readonly #groups: readonly (readonly ImagePart[])[];

  constructor(image: DissectedImage) {
    const groups = new Map<string, ImagePart[]>();
    for (const part of image.parts) {
      const group = groups.get(part.structure);
      if (group === undefined) groups.set(part.structure, [part]);
      else group.push(part);
    }
    this.#groups = [...groups.values()];
  }

  get structures(): readonly string[] {
    return this.#groups.map(([first]) => first?.structure ?? '');
  }

  /** A structure, and another one of its kind (perhaps the same). */
  draw(dice: Dice): { readonly part: ImagePart; readonly sibling: ImagePart } | null {
    const group = this.#groups[dice.below(Math.max(1, this.#groups.length))] ?? [];
    const part = group[dice.below(Math.max(1, group.length))];
    const sibling = group[dice.below(Math.max(1, group.length))];
    return part === undefined || sibling === undefined ? null : { part, sibling };
  }
}

/** Most images have one thing wrong; some have a few. */
const COUNTS = [1, 1, 1, 1, 1, 1, 2, 2, 3, 6] as const;

/** Random damage to an image: fields of structures most of the time, bits and whole blocks else. */
export function drawCorruptions(image: DissectedImage, parts: PartsByStructure, dice: Dice): Corruption[] {
  return Array.from({ length: dice.pick(COUNTS) }, () => {
    const kind = dice.below(10);
    if (kind === 0) return drawBit(image, parts, dice);
    if (kind === 1) return drawBlock(image, dice);
    return drawField(image, parts, dice) ?? drawBit(image, parts, dice);
  });
}

function drawField(image: DissectedImage, parts: PartsByStructure, dice: Dice): Corruption | null {
  const drawn = parts.draw(dice);
  if (drawn === null) return null;
  const { part, sibling } = drawn;
  const field = part.fields[dice.below(Math.max(1, part.fields.length))];
  if (field === undefined) return null;
  const { structure, place } = part;
  const siblingField = sibling.fields.find(({ name }) => name === field.name) ?? field;
  const context = {
    dice,
    blocks: Math.floor(image.sizeBytes / image.blockSize),
    blockSize: image.blockSize,
    sibling: image.value(sibling, siblingField),
  };
  const value = damagedValue(image.value(part, field), field.width, context);
  return { kind: 'field', structure, place, field: field.name, value };
}

/** Where metadata is, mostly: in the first blocks of a small image. */
function drawBit(image: DissectedImage, _parts: PartsByStructure, dice: Dice): Corruption {
  const reach = dice.oneIn(4) ? image.sizeBytes : Math.min(image.sizeBytes, 96 * image.blockSize);
  return { kind: 'bit', offset: dice.below(reach), bit: dice.below(8) };
}

function drawBlock(image: DissectedImage, dice: Dice): Corruption {
  const blocks = Math.floor(image.sizeBytes / image.blockSize);
  const near = (): number => dice.below(dice.oneIn(4) ? blocks : Math.min(blocks, 96));
  return { kind: 'block', block: near(), from: dice.oneIn(3) ? null : near() };
}
