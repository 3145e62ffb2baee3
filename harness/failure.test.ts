import { describe, expect, it } from 'vitest';
import { sameFailure, type FailureSignature } from './failure.ts';

const failure: FailureSignature = {
  kind: 'result',
  target: 'impl:iomap',
  step: 17,
  operation: 'rename',
  detail: 'errno ENOENT/EEXIST',
};

describe('sameFailure', () => {
  it('does not look at the step, which shrinking moves', () => {
    expect(sameFailure(failure, { ...failure, step: 0 })).toBe(true);
    expect(sameFailure(failure, { ...failure, step: null })).toBe(true);
  });

  it('tells kinds, targets and details apart', () => {
    expect(sameFailure(failure, { ...failure, kind: 'tree' })).toBe(false);
    expect(sameFailure(failure, { ...failure, target: 'impl:buffer_head' })).toBe(false);
    expect(sameFailure(failure, { ...failure, detail: 'errno EEXIST/ENOENT' })).toBe(false);
  });

  it('looks at the operation only where it is the operation that answered', () => {
    expect(sameFailure(failure, { ...failure, operation: 'link' })).toBe(false);
    const noticed: FailureSignature = { ...failure, kind: 'crash-of-target', detail: 'assertion' };
    expect(sameFailure(noticed, { ...noticed, operation: 'sync' })).toBe(true);
  });
});
