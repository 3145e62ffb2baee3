/**
 * A piece of C that calls are made with. A program holds the pieces that it names, and no other, so that it stays readable.
 */
export interface RuntimePart {
  readonly name: string;
  /** Names of the parts that this one uses. */
  readonly needs: readonly string[];
  readonly text: string;
}

export const part = (name: string, needs: readonly string[], text: string): RuntimePart => ({
  name,
  needs,
  text: text.trim(),
});
