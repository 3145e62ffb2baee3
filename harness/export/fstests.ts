import { mke2fsArguments } from '../format.ts';
import type { Form, Obstacle, Written } from './form.ts';
import { headingOf, mountOptions } from './heading.ts';
import type { Reproduction } from './reproduction.ts';
import { shellBody } from './shell/body.ts';
import { FUNCTIONS } from './shell/functions.ts';

/** A test for xfstests and its golden output. */
export const FSTEST: Form = {
  name: 'fstests',
  extension: 'fstest',
  summary: 'a test for xfstests with its .out: put both into tests/generic under a number of your own',
  usage: (file) =>
    `cp ${file} tests/generic/NNN; cp ${file}.out tests/generic/NNN.out; ./check generic/NNN   (write the number into both)`,
  write: (reproduction): Written => {
    const { lines, obstacles } = shellBody(reproduction);
    return {
      text: testOf(reproduction, lines, obstacles),
      beside: { out: 'QA output created by NNN\nSilence is golden\n' },
      obstacles,
    };
  },
};

/** The commands of xfs_io that a body uses, for _require_xfs_io_command. */
const COMMANDS = [
  'falloc',
  'fpunch',
  'fzero',
  'fcollapse',
  'finsert',
  'copy_range',
  'fiemap',
  'seek',
  'syncfs',
];

function testOf(
  reproduction: Reproduction,
  lines: readonly string[],
  obstacles: readonly Obstacle[],
): string {
  const { setup } = reproduction.case;
  const words = mke2fsArguments(setup.format ?? {}, setup.blockSize)
    .slice(4)
    .join(' ');
  const body = lines.join('\n');
  const wanted = COMMANDS.filter(
    (command) => body.includes(`-c '${command}`) || body.includes(`-c ${command}`),
  );
  return `#! /bin/bash
# SPDX-License-Identifier: MIT
#
# FS QA Test NNN
#
${headingOf(reproduction, obstacles)
  .map((line) => `# ${line}`.trimEnd())
  .join('\n')}
#
# Contents are one letter for each write here; times are not judged.
. ./common/preamble
_begin_fstest auto quick rw

_require_scratch
${wanted.map((command) => `_require_xfs_io_command "${command}"\n`).join('')}
export MKFS_OPTIONS="$MKFS_OPTIONS ${words}"
_scratch_mkfs_sized ${setup.sizeBytes} ${setup.blockSize} >>$seqres.full 2>&1
_scratch_mount -o ${mountOptions(setup)}
remount() {
	cd / && _scratch_cycle_mount ${mountOptions(setup)} && cd "$SCRATCH_MNT"
}
cd "$SCRATCH_MNT" || _fail "no scratch mount"
umask 0

${FUNCTIONS}

${body}

cd /
echo "Silence is golden"
status=0
exit
`;
}
