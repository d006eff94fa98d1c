import type { IncomingHttpHeaders } from 'node:http';
import type { Permission } from '../domain/vocabulary';
import type { Logger } from '../runtime/logger';
import type { Principal } from './principal';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
export type Method = (typeof METHODS)[number];

/** How a caller may prove who it is: account key, application's JWT, access token. */
export type Proof = 'basic' | 'jwt' | 'token';

/** What every handler gets. */
export interface PublicRequest {
  readonly method: string;
  /** Path without query and trailing slash. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** The first value of each query parameter. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, in order: where a doubled one must be noticed. */
  readonly headerValues: (name: string) => readonly string[];
  /** Empty on routes that take no body. */
  readonly rawBody: Buffer;
  /** Parsed JSON on routes that take it, else undefined. */
  readonly body: unknown;
  /** 32 hex characters; `instance` of problems and header `x-nexmo-trace-id`. */
  readonly traceId: string;
  readonly log: Logger;
}

export interface GuardedRequest extends PublicRequest {
  readonly principal: Principal;
}

/** A body that is an object goes out as JSON, text and bytes as they are. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

export type PublicHandler = (request: PublicRequest) => Promise<Reply> | Reply;
export type GuardedHandler = (request: GuardedRequest) => Promise<Reply> | Reply;

interface RouteRow {
  readonly method: Method;
  /** `/v0.1/dispatch/:id`: a trailing slash is the same path. */
  readonly path: string;
  /** What is read before the handler; default `json` on POST, PUT and PATCH, else `none`. */
  readonly body?: 'json' | 'raw' | 'none';
  /** Largest body in bytes, default 262,144. */
  readonly maxBodyBytes?: number;
  /** Whether overload answers 503 here first: accepts, which make work. Default false. */
  readonly shedsLoad?: boolean;
}

/** Open to everybody: probes, and receipts, which prove themselves by their own signature. */
export interface PublicRoute extends RouteRow {
  readonly proofs: 'none';
  readonly permission: 'PUBLIC';
  readonly handler: PublicHandler;
}

export interface GuardedRoute extends RouteRow {
  readonly proofs: readonly [Proof, ...Proof[]];
  /** One permission, or several of which any is enough. */
  readonly permission: Permission | readonly [Permission, ...Permission[]];
  /** `optional`: a platform token that selects no tenant acts for the platform itself. Default `required`. */
  readonly tenant?: 'required' | 'optional';
  readonly handler: GuardedHandler;
}

/** One row of the route table. A row without proofs and permission does not compile. */
export type Route = PublicRoute | GuardedRoute;
