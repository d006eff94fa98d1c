import jsonata from 'jsonata';
import { tameFunctions } from './expression-functions';
import { LINEAR_REGEX_ENGINE, linearPattern } from './linear-regex';
import { plainValue } from './plain-value';

/** A tenant's expression, compiled. */
export interface Expression {
  /** Plain data: text, numbers, booleans, null, arrays, objects; undefined for no result. Throws {@link ExpressionError}. */
  evaluate(scope: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** An expression that does not compile, fails or runs into a limit. Its message never quotes a value. */
export class ExpressionError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ExpressionError';
  }
}

/** Longest expression, in characters. */
const EXPRESSION_MAX = 16_384;
/** The library's own limits: milliseconds a run, nested evaluations, items of a sequence. */
const LIMITS = { timeout: 200, stack: 250, sequence: 5_000 };
const CACHE_MAX = 2_000;

const cache = new Map<string, Expression>();

/** Compiles an expression, or takes it from the last `CACHE_MAX` ones. Throws {@link ExpressionError}. */
export function compileExpression(text: string): Expression {
  const known = cache.get(text);
  if (known !== undefined) {
    return known;
  }
  const expression = compiled(text);
  if (cache.size >= CACHE_MAX) {
    const oldest = cache.keys().next().value;
    cache.delete(oldest ?? text);
  }
  cache.set(text, expression);
  return expression;
}

function compiled(text: string): Expression {
  if (text.length > EXPRESSION_MAX) {
    throw new ExpressionError(`an expression is longer than ${EXPRESSION_MAX} characters`);
  }
  const expression = parsed(text);
  tameFunctions(expression);
  return {
    async evaluate(scope) {
      try {
        return plainValue(await expression.evaluate(scope));
      } catch (error) {
        throw new ExpressionError(`the expression failed${placeOf(error)}`, { cause: error });
      }
    },
  };
}

function parsed(text: string): jsonata.Expression {
  try {
    const expression = jsonata(text, { ...LIMITS, RegexEngine: LINEAR_REGEX_ENGINE });
    checkParts(expression.ast());
    return expression;
  } catch (error) {
    if (error instanceof ExpressionError) {
      throw error;
    }
    throw new ExpressionError(`does not compile: ${messageOf(error)}`, { cause: error });
  }
}

/** What would fail in every run is refused at once: patterns that need backtracking, and `$eval`. */
function checkParts(part: unknown, seen = new Set<unknown>()): void {
  if (part instanceof RegExp) {
    linearPattern(part);
  } else if (typeof part === 'object' && part !== null && !seen.has(part)) {
    seen.add(part);
    checkName(part);
    Object.values(part).forEach((inner) => checkParts(inner, seen));
  }
}

function checkName(part: object): void {
  if ('type' in part && part.type === 'variable' && 'value' in part && part.value === 'eval') {
    throw new ExpressionError('$eval is not available');
  }
}

/** The library throws plain objects with `code`, `position` and `message`. */
function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : 'unknown';
}

function placeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return '';
  }
  const code = 'code' in error ? ` (${String(error.code)}` : ` (${error.constructor.name}`;
  return 'position' in error ? `${code} at ${String(error.position)})` : `${code})`;
}
