import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { mount as sequentialMount } from '../../../generated/impl/index.ts';
import { mount as coroutineMount } from '../../../impl/index.ts';
import type { Operation } from '../../../model/index.ts';
import { generateSequence, sequenceSeed } from '../../generate-sequence.ts';
import { timeOfStep, type Setup } from '../../setup.ts';
import type { Target } from '../../target.ts';
import { unperformedBy } from '../../unperformed.ts';
import { typescriptTargets } from './target.ts';

const digest = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** What each operation answered, and what the disk holds at the end, run by run. */
/** Equal numbers look alike here, which v8's serialization does not promise. */
const bytesAsDigest = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? digest(value) : value;

async function story(target: Target, setup: Setup, operations: readonly Operation[]): Promise<string[]> {
  const session = await target.start(setup, { faults: [], now: timeOfStep(0) });
  const lines: string[] = [];
  for (const [step, operation] of operations.entries()) {
    const answer = await session.apply(operation, timeOfStep(step));
    lines.push(`${step} ${operation.op}: ${digest(Buffer.from(JSON.stringify(answer, bytesAsDigest)))}`);
  }
  await session.closeAll();
  const image = (await session.unmount()) ?? expect.fail('no disk');
  for (const { offset, pages } of image.extents()) lines.push(`disk at ${offset}: ${digest(...pages)}`);
  return lines;
}

// The two have the same source, but only one of them is what campaigns run (tools/sequential/).
test('the sequential build does what the coroutines do, to the last byte of the disk', async () => {
  const sequential = typescriptTargets();
  const coroutines = typescriptTargets(coroutineMount as unknown as typeof sequentialMount);
  for (let index = 0; index < 60; index++) {
    const { setup, operations } = generateSequence(sequenceSeed(20261122, index), {
      maxOperations: 60,
      blockSize: null,
      unperformed: [...unperformedBy(sequential)],
    });
    for (const [at, target] of sequential.entries()) {
      const expected = await story(coroutines[at] ?? target, setup, operations);
      expect(await story(target, setup, operations), `sequence ${index}, ${target.name}`).toEqual(expected);
    }
  }
});
