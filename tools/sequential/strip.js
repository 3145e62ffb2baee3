import ts from 'typescript';

/**
 * Makes ordinary functions of coroutines: `function*` becomes `function`, `yield* f()` becomes `f()`. Generators that yield
 * values themselves are no coroutines, and stay; only sched/sleepable.ts has coroutines of that kind, and it is replaced.
 *
 * @param {ts.SourceFile} tree
 * @returns {Cut[]} what to take out of the text
 */
export function coroutineSyntax(tree) {
  /** @type {Cut[]} */
  const cuts = [];
  /** @param {ts.Node} node @param {boolean} iterates inside a generator that stays */
  const visit = (node, iterates) => {
    if (ts.isFunctionLike(node)) {
      const star = 'asteriskToken' in node ? node.asteriskToken : undefined;
      const stays = star !== undefined && yieldsValues(node);
      if (star !== undefined && !stays) cuts.push({ start: star.getStart(tree), end: star.end, text: '' });
      ts.forEachChild(node, (child) => visit(child, stays));
      return;
    }
    if (ts.isYieldExpression(node) && node.asteriskToken !== undefined && !iterates)
      cuts.push({ start: node.getStart(tree), end: node.asteriskToken.end, text: '' });
    ts.forEachChild(node, (child) => visit(child, iterates));
  };
  visit(tree, false);
  return cuts;
}

/**
 * Does the function itself, and none inside it, have a `yield` without a star?
 *
 * @param {ts.Node} whole
 * @returns {boolean}
 */
function yieldsValues(whole) {
  /** @param {ts.Node} node @returns {boolean} */
  const visit = (node) =>
    (ts.isYieldExpression(node) && node.asteriskToken === undefined) ||
    (!ts.isFunctionLike(node) && ts.forEachChild(node, visit) === true);
  return ts.forEachChild(whole, visit) === true;
}

/**
 * A part of a text, and what comes in its place.
 *
 * @typedef {{ readonly start: number, readonly end: number, readonly text: string }} Cut
 */

/**
 * @param {string} text
 * @param {readonly Cut[]} cuts none of them overlap
 * @returns {string}
 */
export function applyCuts(text, cuts) {
  let result = '';
  let at = 0;
  for (const cut of [...cuts].sort((left, right) => left.start - right.start)) {
    result += text.slice(at, cut.start) + cut.text;
    at = cut.end;
  }
  return result + text.slice(at);
}
