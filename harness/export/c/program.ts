import { operationText } from '../../program-text.ts';
import type { Form, Written } from '../form.ts';
import { headingOf, mke2fsCommand, mountOptions } from '../heading.ts';
import type { Reproduction, ReproductionStep } from '../reproduction.ts';
import { isFileCall, writeFileCall } from './file-calls.ts';
import { isPathCall, writePathCall } from './path-calls.ts';
import { runtimeParts } from './runtime.ts';
import { writeTransfer, type Transfer } from './transfer-calls.ts';
import { isVolumeCall, writeVolumeCall } from './volume-calls.ts';
import { CWriter } from './writer.ts';

/** A C program that needs a C library and nothing else. It can express every operation. */
export const C_PROGRAM: Form = {
  name: 'c',
  extension: 'c',
  summary: 'a C program without dependencies that makes the calls and says which answer is wrong',
  usage: (file) => `cc -o reproducer ${file} && ./reproducer /an/empty/mounted/file/system`,
  write: (reproduction) => ({ text: programOf(reproduction), obstacles: [] }) satisfies Written,
};

const HEADERS = [
  'dirent.h',
  'errno.h',
  'fcntl.h',
  'grp.h',
  'stdint.h',
  'stdio.h',
  'stdlib.h',
  'string.h',
  'unistd.h',
  'sys/ioctl.h',
  'sys/mman.h',
  'sys/mount.h',
  'sys/sendfile.h',
  'sys/stat.h',
  'sys/statfs.h',
  'sys/swap.h',
  'sys/sysmacros.h',
  'sys/uio.h',
  'sys/xattr.h',
  'linux/fiemap.h',
  'linux/fs.h',
];

const HEADER_LINES = HEADERS.map((header) => `#include <${header}>`);

function programOf(reproduction: Reproduction): string {
  const writer = new CWriter();
  const { steps, looks } = reproduction;
  steps.forEach((step, index) => {
    writeStep(step, index + 1, writer);
  });
  if (looks.length > 0) writer.lines.push('', '\t/* What is there in the end. */');
  looks.forEach((step, index) => {
    writeStep(step, steps.length + index + 1, writer);
  });
  const parts = runtimeParts(writer.parts);
  return [
    ...commentOf(reproduction),
    '#define _GNU_SOURCE',
    ...HEADER_LINES,
    '',
    '#pragma GCC diagnostic ignored "-Wunused-function"',
    '',
    parts.map(({ text }) => text).join('\n\n'),
    '',
    ...variablesOf(writer),
    'static void run(void)',
    '{',
    ...writer.lines,
    '}',
    '',
    ...mainOf(writer, mayLeadUpwards(reproduction)),
    '',
  ].join('\n');
}

function writeStep({ operation, expected }: ReproductionStep, step: number, writer: CWriter): void {
  writer.begin(step, operationText(operation), expected);
  if (isFileCall(operation)) writeFileCall(operation, writer);
  else if (isPathCall(operation)) writePathCall(operation, writer);
  else if (isVolumeCall(operation)) writeVolumeCall(operation, writer);
  else writeTransfer(operation satisfies Transfer, writer);
}

function commentOf(reproduction: Reproduction): string[] {
  const { setup } = reproduction.case;
  const make = [
    `truncate -s ${setup.sizeBytes} image`,
    mke2fsCommand(setup, 'image'),
    'dev=$(losetup -f --show image)',
    `mount -t ext4 -o ${mountOptions(setup)} $dev /mnt`,
    './reproducer /mnt',
    'umount /mnt; e2fsck -fn image; losetup -d $dev',
  ];
  const lines = [...headingOf(reproduction), '', ...make.map((line) => `  ${line}`)];
  // What a case says of itself must not end the comment.
  const safe = lines.map((line) => ` * ${line}`.trimEnd().replaceAll('*/', '* /').replaceAll('?', '.'));
  return ['/*', ...safe, ' */'];
}

function variablesOf({ variables, bufferBytes, lines }: CWriter): string[] {
  const words = [...variables].map((name) =>
    name.startsWith('fd') ? `static int ${name} = -1;` : `static struct mapping ${name};`,
  );
  if (bufferBytes > 0)
    words.push(`static unsigned char buffer[${bufferBytes}] __attribute__((aligned(4096)));`);
  const program = lines.join('\n');
  if (program.includes('&is')) words.push('static struct stat is;');
  if (program.includes('&space')) words.push('static struct statfs space;');
  if (program.includes('at = lay(')) words.push('static void *at;');
  return words.length === 0 ? [] : [...words, ''];
}

/** Whether a name could lead above the directory in which the program runs, by itself or through a link. */
const mayLeadUpwards = ({ case: { operations } }: Reproduction): boolean =>
  operations.some((operation) =>
    Object.values(operation).some((value) => typeof value === 'string' && value.split('/').includes('..')),
  );

function mainOf({ parts }: CWriter, upwards: boolean): string[] {
  const used = runtimeParts(parts).map(({ name }) => name);
  return [
    'int main(int count, char **words)',
    '{',
    '\tif (count != 2 || chdir(words[1]) < 0) {',
    '\t\tfprintf(stderr, "usage: %s DIRECTORY, where an empty file system is mounted\\n", words[0]);',
    '\t\treturn 2;',
    '\t}',
    '\tumask(0);',
    ...(used.includes('content') ? ['\tmake_stream();'] : []),
    ...(used.includes('mappings') ? ['\tbounce = memfd_create("loads-and-stores", 0);'] : []),
    ...(used.includes('machine') ? ['\tmachine_wide = open("/proc/sys/vm/drop_caches", O_WRONLY);'] : []),
    ...(used.includes('mounting') ? ['\tfind_mount();'] : []),
    ...(upwards
      ? [
          '\tif (geteuid() != 0) {',
          '\t\tfprintf(stderr, "some names here lead upwards, so only root, who can be locked in, may run it\\n");',
          '\t\treturn 2;',
          '\t}',
        ]
      : []),
    '\tif (enter() < 0) {',
    '\t\tperror("chroot");',
    '\t\treturn 2;',
    '\t}',
    '\trun();',
    '\tprintf(failures ? "%d answers were wrong\\n" : "every answer was right\\n", failures);',
    '\treturn failures ? 1 : 0;',
    '}',
  ];
}
