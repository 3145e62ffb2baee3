import ts from 'typescript';
import { expect, test } from 'vitest';
import { applyCuts, coroutineSyntax } from './sequential/strip.js';

function stripped(text: string): string {
  const tree = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2023, true);
  return applyCuts(text, coroutineSyntax(tree)).replaceAll(/ +/g, ' ');
}

test.each([
  ['function* f(): Sleepable<void> { yield* g(); }', 'function f(): Sleepable<void> { g(); }'],
  [
    'class C { *#m(a: number) { return (yield* this.n(a)).x; } }',
    'class C { #m(a: number) { return ( this.n(a)).x; } }',
  ],
  ['const table = { *end(x) { if (yield* x) return; } };', 'const table = { end(x) { if ( x) return; } };'],
  ['function* f() { const y = a ? yield* b() : c; }', 'function f() { const y = a ? b() : c; }'],
  ['const f = () => g(function* () { yield* h(); });', 'const f = () => g(function () { h(); });'],
])('a coroutine becomes a function: %s', (text, expected) => expect(stripped(text)).toBe(expected));

test.each([
  'function* each() { for (const x of xs) yield x; }',
  'class C { *entries() { yield* this.head(); yield 1; } }',
])('a generator of values stays: %s', (text) => expect(stripped(text)).toBe(text));

test('a generator of values inside a coroutine stays, and a coroutine inside it does not', () => {
  const text = 'function* f() { yield* g(function* () { yield 1; h(function* () { yield* k(); }); }); }';
  expect(stripped(text)).toBe('function f() { g(function* () { yield 1; h(function () { k(); }); }); }');
});
