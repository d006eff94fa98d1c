import { METHODS, type Method, type Route } from '../route';

/** Methods that a path takes, in capitals, as `Allow` lists them; empty when no route has this path. */
export function methodsOfPath(routes: readonly Route[], path: string): string[] {
  const taken = new Set<Method>(
    routes.filter((route) => isSamePath(route.path, path)).map(({ method }) => method),
  );
  const methods = METHODS.filter((method) => taken.has(method)).map((one) => one.toUpperCase());
  if (methods.length === 0) {
    return [];
  }
  return [...methods, ...(taken.has('get') ? ['HEAD'] : []), 'OPTIONS'];
}

function isSamePath(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const found = path.split('/');
  return (
    wanted.length === found.length &&
    wanted.every((segment, index) =>
      segment.startsWith(':') ? found[index] !== '' : segment === found[index],
    )
  );
}

/** The path as handlers and access lists see it: a trailing slash means nothing. */
export function plainPath(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The first value of each query parameter; what a route does not know is for nobody. */
export function queryFromUrl(url: string): Readonly<Record<string, string>> {
  const mark = url.indexOf('?');
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (mark < 0) {
    return query;
  }
  for (const [name, value] of new URLSearchParams(url.slice(mark + 1))) {
    query[name] ??= value;
  }
  return query;
}
