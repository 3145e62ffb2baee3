import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runSync } from '../../../process.ts';
import { TargetUnavailable } from '../../../target.ts';
import { GUEST } from '../../../guest.ts';
import { PYTHON, PYTHON_OPTIONS } from '../performer.ts';
import { cpioArchive } from './cpio.ts';
import { modulesFor } from './modules.ts';

/** Where the guest finds its program and its modules (guest/mounts.py). */
export const PROGRAM = '/guest';
const MODULES = '/modules';

/** What the dynamic linker is called in programs. */
const LINKER = '/lib64/ld-linux-x86-64.so.2';

/** Imports all of the program and says which files that took: modules, and what is mapped of programs and libraries. */
const LIST_FILES = `
import codecs, os, runpy, sys
for encoding in ("ascii", "latin-1", "utf-8"):
    codecs.lookup(encoding)
sys.path.insert(0, sys.argv[1])
for name in os.listdir(sys.argv[1]):
    if name.endswith(".py") and name != "__main__.py":
        __import__(name[:-3])
files = {os.path.realpath(sys.executable)}
files.update(module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None))
library = os.path.dirname(os.__file__)
files.update(os.path.join(library, "importlib", name) for name in os.listdir(os.path.join(library, "importlib")))
with open("/proc/self/maps") as maps:
    files.update(line.split(None, 5)[5].strip() for line in maps if "/" in line)
print("\\n".join(sorted(file for file in files if os.path.isfile(file) and not file.startswith(sys.argv[1]))))
`;

/**
 * A root file system in memory, made of what this machine has: its Python with what the program needs of it, the program, and the
 * kernel's modules in the order in which they are loaded.
 */
export function initramfs(modulesFolder: string): Buffer {
  const files = new Map<string, Uint8Array>();
  for (const path of pythonFiles()) for (const name of namesOf(path)) files.set(name, readFileSync(path));
  for (const path of [PYTHON, LINKER]) files.set(path, readFileSync(realpathSync(path)));
  for (const name of readdirSync(GUEST).filter((each) => each.endsWith('.py')))
    files.set(`${PROGRAM}/${name}`, readFileSync(join(GUEST, name)));
  let number = 0;
  for (const [name, module] of modulesFor(modulesFolder))
    files.set(
      `${MODULES}/${dirname(name)}/${String(number++).padStart(3, '0')}-${basename(name)}.ko`,
      module,
    );
  return cpioArchive(files);
}

/** A library is asked for by a name that is a symbolic link to its file; an archive of links would be another kind of entry. */
function namesOf(path: string): string[] {
  const [stem, version] = basename(path).split('.so');
  if (version === undefined) return [path];
  const folder = dirname(path);
  const alike = readdirSync(folder).filter((name) => name.startsWith(`${stem}.so`));
  return alike.map((name) => join(folder, name)).filter((name) => realpathSync(name) === path);
}

function pythonFiles(): string[] {
  const { exitCode, stdout, stderr } = runSync(PYTHON, [...PYTHON_OPTIONS, '-c', LIST_FILES, GUEST], {});
  if (exitCode !== 0) throw new TargetUnavailable(`no Python for a guest: ${stderr}`);
  return stdout.split('\n').filter((path) => path !== '');
}
