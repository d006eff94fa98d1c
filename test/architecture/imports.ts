/** What a file imports, read from its syntax tree: a line of text cannot tell a comment from an import. */
import { parseSync } from '@swc/core';

export interface Import {
  /** As written; undefined when it is computed. */
  readonly specifier: string | undefined;
  /** Gone after compilation: it names types only. */
  readonly typeOnly: boolean;
}

export interface Syntax {
  readonly imports: readonly Import[];
  /** How `process.env` is used: `whole` hands it on, `read` takes a variable out of it. */
  readonly environment: readonly ('whole' | 'read')[];
  readonly enums: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

interface Findings {
  imports: Import[];
  environment: ('whole' | 'read')[];
  enums: string[];
}

type Visit = (node: Node, found: Findings) => void;

const VISITS: Readonly<Record<string, Visit>> = {
  ImportDeclaration: (node, found) => found.imports.push(fromDeclaration(node)),
  ExportNamedDeclaration: (node, found) => {
    if (node.source) {
      found.imports.push(fromDeclaration(node));
    }
  },
  ExportAllDeclaration: (node, found) =>
    found.imports.push({ specifier: literal(node.source), typeOnly: node.typeOnly === true }),
  TsImportEqualsDeclaration: (node, found) => {
    const reference = node.moduleRef;
    if (isNode(reference) && reference.type === 'TsExternalModuleReference') {
      found.imports.push({
        specifier: literal(reference.expression),
        typeOnly: node.isTypeOnly === true,
      });
    }
  },
  TsImportType: (node, found) =>
    found.imports.push({ specifier: literal(node.argument), typeOnly: true }),
  CallExpression: (node, found) => {
    if (loads(node.callee)) {
      const [first] = node.arguments as readonly { expression: unknown }[];
      found.imports.push({ specifier: literal(first?.expression), typeOnly: false });
    }
  },
  VariableDeclarator: (node, found) => {
    if (takesEnvironment(node)) {
      found.environment.push('read');
    }
  },
  TsEnumDeclaration: (node, found) => found.enums.push(nameOf(node.id) ?? ''),
};

export function syntaxOf(source: string): Syntax {
  const found: Findings = { imports: [], environment: [], enums: [] };
  walk(parseSync(source, { syntax: 'typescript', target: 'es2022' }), false, found);
  return found;
}

/** Visits every node; `inMember` tells whether the parent takes a property out of it. */
function walk(value: unknown, inMember: boolean, found: Findings): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  if (isNode(value)) {
    visit(value, inMember, found);
  }
  for (const [key, child] of Object.entries(value)) {
    walk(child, key === 'object' && isMember(value), found);
  }
}

function visit(node: Node, inMember: boolean, found: Findings): void {
  VISITS[node.type]?.(node, found);
  if (isEnvironment(node)) {
    found.environment.push(inMember ? 'read' : 'whole');
  }
}

function fromDeclaration(node: Node): Import {
  const specifiers = node.specifiers as readonly Node[];
  const everyOneIsType =
    specifiers.length > 0 && specifiers.every((specifier) => specifier.isTypeOnly === true);
  return { specifier: literal(node.source), typeOnly: node.typeOnly === true || everyOneIsType };
}

/** `import(…)`, `require(…)` and `require.resolve(…)`. */
function loads(callee: unknown): boolean {
  if (!isNode(callee)) {
    return false;
  }
  if (callee.type === 'Import' || nameOf(callee) === 'require') {
    return true;
  }
  return (
    callee.type === 'MemberExpression' &&
    nameOf(callee.object) === 'require' &&
    nameOf(callee.property) === 'resolve'
  );
}

/** `process.env` and `process['env']`. */
function isEnvironment(node: Node): boolean {
  return (
    node.type === 'MemberExpression' &&
    nameOf(node.object) === 'process' &&
    (nameOf(node.property) ?? computedName(node.property)) === 'env'
  );
}

/** `const { env } = process`. */
function takesEnvironment({ id, init }: Node): boolean {
  return (
    nameOf(init) === 'process' &&
    isNode(id) &&
    id.type === 'ObjectPattern' &&
    (id.properties as readonly Node[]).some(({ key }) => nameOf(key) === 'env')
  );
}

function isMember(value: object): boolean {
  return isNode(value) && value.type === 'MemberExpression';
}

function computedName(property: unknown): string | undefined {
  return isNode(property) ? literal(property.expression) : undefined;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value.value) : undefined;
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'StringLiteral' ? String(value.value) : undefined;
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}
