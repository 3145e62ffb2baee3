import type { Dentry, NodeView } from './inode.ts';

/** A list that a generator picks from by index. The order is a function of the operations so far, and nothing else. */
export interface NodeList {
  readonly length: number;
  /** The element at 0 <= index < length. */
  at(index: number): NodeView | undefined;
}

/** All names of one file type. Adding and removing are O(1): the last one takes the place of the removed one. */
export class NameList implements NodeList {
  private readonly names: Dentry[] = [];

  get length(): number {
    return this.names.length;
  }

  at(index: number): Dentry | undefined {
    return this.names[index];
  }

  add(dentry: Dentry): void {
    dentry.listIndex = this.names.length;
    this.names.push(dentry);
  }

  remove(dentry: Dentry): void {
    const last = this.names.pop();
    if (last === undefined || last === dentry) return;
    this.names[dentry.listIndex] = last;
    last.listIndex = dentry.listIndex;
  }

  /** Puts the names, whose indices were taken from a list of the same names, in that list's order. */
  sortByIndex(): void {
    this.names.sort((a, b) => a.listIndex - b.listIndex);
  }
}
