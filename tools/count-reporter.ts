import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output of a test run with `N passed, N failed` alone on a line, which is what CI looks for. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    // What went wrong outside of any test counts, too: a file that cannot be imported has no tests to fail.
    let failed = errors.length;
    for (const module of modules) {
      const before = failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        if (state === 'failed') failed++;
      }
      if (!module.ok() && failed === before) failed++;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
