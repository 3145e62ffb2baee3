/** Something that a machine can do for twinpath, or cannot. */
export interface Ability {
  readonly name: string;
  /** Null: it can. Else what is missing, in words. */
  readonly missing: string | null;
  /** What was found: a version, a path; empty where there is nothing to say. */
  readonly found: string;
  /** What twinpath does with it. */
  readonly use: string;
  /** How to get it; empty where only another machine would help. */
  readonly remedy: string;
  /** Whether the main job needs it. */
  readonly essential: boolean;
}
