import type { Operation, Path } from '../../model/index.ts';
import type { Search } from './search.ts';

/** Every path of an operation, and the text of a symbolic link, replaced by `map` of it. */
function mapPaths(operation: Operation, map: (path: Path) => Path): Operation {
  if (operation.op === 'rename' || operation.op === 'link') {
    return { ...operation, from: map(operation.from), to: map(operation.to) };
  }
  if (operation.op === 'link-handle') return { ...operation, to: map(operation.to) };
  if (operation.op === 'symlink') {
    return { ...operation, path: map(operation.path), target: map(operation.target) };
  }
  return 'path' in operation ? { ...operation, path: map(operation.path) } : operation;
}

function pathsOf(operations: readonly Operation[]): Set<Path> {
  const paths = new Set<Path>();
  for (const operation of operations) {
    mapPaths(operation, (path) => {
      paths.add(path);
      return path;
    });
  }
  return paths;
}

/** Without what leads round about: `./d//f` and `e/../d/f` become `d/f`. A slash at the end stays, it means something. */
function direct(path: Path): Path {
  const components: string[] = [];
  const [, body = '', slash = ''] = /^(.*?)(\/*)$/s.exec(path) ?? [];
  for (const component of body.split('/')) {
    if (component === '' || component === '.') continue;
    if (component === '..') components.pop();
    else components.push(component);
  }
  return components.length === 0 ? (path === '' ? '' : '.') : components.join('/') + slash.slice(0, 1);
}

/** Detours go: first everywhere at once, then path by path, then slashes at the end. */
export async function straightenPaths(search: Search): Promise<void> {
  await search.try(search.current.map((operation) => mapPaths(operation, direct)));
  for (const path of pathsOf(search.current)) {
    for (const simpler of [direct(path), path.replace(/\/+$/, '')]) {
      if (simpler !== path) await search.try(replaced(search.current, path, simpler));
    }
  }
}

const replaced = (operations: readonly Operation[], path: Path, simpler: Path): Operation[] =>
  operations.map((operation) => mapPaths(operation, (old) => (old === path ? simpler : old)));

/** What lies in a directory moves into the one above, everywhere; operations on the directory itself go. */
export async function flattenDirectories(search: Search): Promise<void> {
  for (const directory of directoriesOf(search.current)) {
    const prefix = `${directory}/`;
    const parent = prefix.slice(0, prefix.lastIndexOf('/', prefix.length - 2) + 1);
    const lifted = (path: Path): Path =>
      path.startsWith(prefix) ? parent + path.slice(prefix.length) : path;
    const without = search.current.filter(
      (operation) => !('path' in operation) || operation.path !== directory,
    );
    for (const operations of [without, search.current]) {
      if (await search.try(operations.map((operation) => mapPaths(operation, lifted)))) break;
    }
  }
}

/** Directories that paths lead through, the deepest first. */
function directoriesOf(operations: readonly Operation[]): Path[] {
  const directories = new Set<Path>();
  for (const path of pathsOf(operations)) {
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      directories.add(path.slice(0, slash));
    }
  }
  return [...directories].sort((left, right) => right.length - left.length);
}

const LETTERS = 'a b c d e f g h i j k l m n o p q r s t u v w x y z'.split(' ');

/** Each name becomes a letter, the same in all paths: first all names, then one by one. */
export async function shortenNames(search: Search): Promise<void> {
  const names = new Set<string>();
  for (const path of pathsOf(search.current)) {
    for (const name of path.split('/')) if (!isSpecial(name)) names.add(name);
  }
  const inOrder = new Map([...names].map((name, index) => [name, LETTERS[index] ?? name]));
  if (await search.try(renamed(search.current, inOrder))) return;
  const free = LETTERS.filter((letter) => !names.has(letter));
  for (const name of names) {
    const letter = free[0];
    if (letter === undefined) return;
    if (await search.try(renamed(search.current, new Map([[name, letter]])))) free.shift();
  }
}

const isSpecial = (name: string): boolean =>
  name === '' || name === '.' || name === '..' || name === 'lost+found';

function renamed(operations: readonly Operation[], names: ReadonlyMap<string, string>): Operation[] {
  const rename = (path: Path): Path =>
    path
      .split('/')
      .map((name) => names.get(name) ?? name)
      .join('/');
  return operations.map((operation) => mapPaths(operation, rename));
}
