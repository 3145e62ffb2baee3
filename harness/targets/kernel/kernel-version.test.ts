import { expect, test } from 'vitest';
import { isBefore } from './kernel-version.ts';

test.each([
  ['6.1.176', '6.14', true],
  ['6.14.0-rc1', '6.14', false],
  ['6.18.44-fc-v657', '6.14', false],
  ['5.19', '6.0', true],
  ['6.9', '6.14', true],
  ['7.0', '6.14', false],
])('%s before %s: %s', (release, version, expected) => expect(isBefore(release, version)).toBe(expected));
