import { compileExpression, ExpressionError } from '../../providers/expressions';

async function evaluate(text: string, scope: Readonly<Record<string, unknown>> = {}) {
  return compileExpression(text).evaluate(scope);
}

describe('an expression', () => {
  test.each([
    ["{ 'to': recipient.number }", { recipient: { number: '49' } }, { to: '49' }],
    ["{ 'to': nobody }", {}, {}],
    ["[events[kind = 'a'].{ 'id': id }]", { events: [{ kind: 'b' }] }, []],
    ["events[kind = 'a'].{ 'id': id }", { events: [{ kind: 'b' }] }, undefined],
    ["events.{ 'id': id }", { events: [{ id: 1 }, { id: 2 }] }, [{ id: 1 }, { id: 2 }]],
    ["events.{ 'id': id }", { events: [{ id: 1 }] }, { id: 1 }],
    ['headers.`retry-after`', { headers: { 'retry-after': '3' } }, '3'],
    ["$replace('a-b-c', /-/, '')", {}, 'abc'],
    ["$match('ab12cd34', /([a-z]+)([0-9]+)/)[1].groups", {}, ['cd', '34']],
    ["$split('a, b;c', /[,;] */)", {}, ['a', 'b', 'c']],
    ["$contains('HELLO', /hello/i)", {}, true],
    ["$base64encode('user:pass')", {}, 'dXNlcjpwYXNz'],
    ["$pad('x', -3, '0') & $pad('x', 3) & '|'", {}, '00xx  |'],
    ["$join(['a', 'b'], '-')", {}, 'a-b'],
    ["$string({ 'a': [1, 0.1 + 0.2], 'f': $sum })", {}, '{"a":[1,0.3]}'],
    ["$string('t') & $string(5) & $string(true)", {}, 't5true'],
    ["$toMillis('2026-11-22T10:00:00Z')", {}, Date.UTC(2026, 10, 22, 10)],
    ["$toMillis('22/11/2026 10:05', '[D]/[M]/[Y] [H]:[m]')", {}, Date.UTC(2026, 10, 22, 10, 5)],
    [
      "$toMillis('20261122100500', '[Y0001][M01][D01][H01][m01][s01]')",
      {},
      Date.UTC(2026, 10, 22, 10, 5),
    ],
    ['a.b.%.c', { a: { b: {}, c: 7 } }, 7],
  ])('%s gives plain data', async (text, scope, result) => {
    const given = await evaluate(text, scope);

    expect(given).toStrictEqual(result);
  });

  it('gives arrays without the marks of the library', async () => {
    const result = await evaluate('list.(x)', { list: [{ x: 1 }, { x: 2 }] });

    expect(Object.getOwnPropertyNames(result)).toEqual(['0', '1', 'length']);
  });

  it('gives no functions', async () => {
    expect(await evaluate("{ 'f': function($x) { $x }, 'g': $sum, 'n': 1 }")).toEqual({ n: 1 });
  });

  it('is compiled once for a text', () => {
    expect(compileExpression('a.b')).toBe(compileExpression('a.b'));
  });

  test.each([
    ['{', 'does not compile'],
    ["$eval('1')", '$eval is not available'],
    ['($e := $eval; $e)', '$eval is not available'],
    ['$match(x, /(a+)\\1/)', 'does not compile'],
    ['$match(x, /a(?=b)/)', 'does not compile'],
    [`'${'x'.repeat(20_000)}'`, 'longer than'],
    ['('.repeat(8_000), 'does not compile'],
  ])('%.40s is refused when it is compiled', (text, words) => {
    expect(() => compileExpression(text)).toThrow(ExpressionError);
    expect(() => compileExpression(text)).toThrow(words);
  });

  it('does not reach $eval by a computed name', async () => {
    await expect(evaluate("$lookup($$, 'eval')('1')")).rejects.toThrow(ExpressionError);
  });

  test.each(['constructor', '__proto__', 'toString', 'a.constructor', '$string.constructor'])(
    'does not see the inside of the runtime through %s',
    async (text) => {
      expect(await evaluate(text, { a: { b: 1 } })).toBeUndefined();
    },
  );

  it('never quotes a value when it fails', async () => {
    const failure = evaluate('$number(credentials.key)', { credentials: { key: 's3cr3t-key' } });

    await expect(failure).rejects.toThrow('the expression failed (D3030');
    await expect(failure).rejects.not.toThrow('s3cr3t');
  });
});

describe('a hostile expression', () => {
  test.each([
    ['loops for ever', '($f := function($n) { $f($n + 1) }; $f(1))'],
    ['recurses without end', '($f := function($n) { 1 + $f($n + 1) }; $f(1))'],
    ['counts to ten million', '[1..10000000]'],
    ['multiplies sequences', '[1..4000].([1..4000])'],
    [
      'doubles a text',
      "($d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $d('x', 60))",
    ],
    ['pads to a gigabyte', "$pad('x', 1000000000)"],
    ['joins too much', "($s := $pad('x', 200000); $join([1..4000].$s))"],
    [
      'nests shared objects',
      "($d := function($o, $n) { $n = 0 ? $o : $d({ 'a': $o, 'b': $o }, $n - 1) }; $d({}, 40))",
    ],
    [
      'makes text of nested shared objects',
      "($d := function($o, $n) { $n = 0 ? $o : $d({ 'a': $o, 'b': $o }, $n - 1) }; $length($string($d({}, 40))))",
    ],
    ['replaces into a huge text', "($s := $pad('a', 200000); $length($replace($s, 'a', $s)))"],
    [
      'reads a time in too many ways',
      "$toMillis($pad('1', 40, '1'), '[Y][M][D][H][m][s][f][d][W][w][x][X]')",
    ],
    ['reads an endless time', "$toMillis($pad('1', 100000, '1'), '[Y]')"],
  ])('that %s ends at a limit', async (_case, text) => {
    const startedAt = performance.now();

    await expect(evaluate(text)).rejects.toThrow(ExpressionError);

    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('with a pattern that explodes elsewhere takes linear time', async () => {
    const text = `${'a'.repeat(30_000)}!`;
    const startedAt = performance.now();

    expect(await evaluate('$contains(text, /^(a+)+$/)', { text })).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
