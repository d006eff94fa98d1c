import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { HttpFailure } from './http';
import type { HttpAnswer, HttpFailureKind, HttpRequest } from './http';

const CONNECT_TIMEOUT_MS = 3_000;

type Controller = Dispatcher.DispatchController;

export interface Settle {
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (failure: HttpFailure) => void;
}

/**
 * One request and its answer: settles exactly once, and knows whether a byte may have left. undici calls
 * `onRequestStart` in the same turn as the socket write, on a new socket and on a kept one, so whatever fails before
 * it is `not_sent` and whatever fails after it is not.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #settle: Settle;
  readonly #startedAt = performance.now();
  readonly #onAbort = (): void => this.#fail('aborted', 'the call was aborted');
  #timer: NodeJS.Timeout;
  #controller: Controller | undefined;
  #isSettled = false;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(request: HttpRequest, settle: Settle) {
    this.#request = request;
    this.#settle = settle;
    const connectMs = request.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(connectMs, request.timeoutMs));
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Controller): void {
    if (this.#isSettled) {
      throw new HttpFailure('not_sent', 'aborted', 'nobody waits for this request any more');
    }
    if (this.#controller !== undefined) {
      // A request is written once, whatever the library thinks of repeating it.
      this.#fail('reset', 'the connection ended before an answer');
      throw new HttpFailure('no_answer', 'reset', 'a request is not repeated');
    }
    try {
      this.#request.beforeWrite?.();
    } catch (error) {
      throw new HttpFailure('not_sent', 'before_write', 'the permit to write was refused', {
        cause: error,
      });
    }
    this.#controller = controller;
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isSettled) {
      return;
    }
    this.#status = status;
    this.#headers = joined(headers);
    if (Number(this.#headers['content-length'] ?? 0) > this.#request.maxAnswerBytes) {
      this.#failTooLarge();
    }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isSettled) {
      return;
    }
    this.#length += chunk.length;
    if (this.#length > this.#request.maxAnswerBytes) {
      this.#failTooLarge();
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body =
      this.#chunks.length === 1 && first !== undefined
        ? first
        : Buffer.concat(this.#chunks, this.#length);
    if (this.#end()) {
      this.#settle.resolve({ status: this.#status, headers: this.#headers, body });
    }
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#controller !== undefined) {
      const isBomb = 'code' in error && error.code === 'UND_ERR_HEADERS_OVERFLOW';
      this.#fail(
        isBomb ? 'too_large' : 'reset',
        'the connection ended before a complete answer',
        error,
      );
    } else if (error instanceof HttpFailure) {
      this.#reject(error);
    } else {
      this.#fail(codeBeforeWrite(error), 'the request was not written', error);
    }
  }

  #onTimer(): void {
    const leftMs = this.#startedAt + this.#request.timeoutMs - performance.now();
    if (this.#controller === undefined) {
      this.#fail('timeout', 'no connection in time');
    } else if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#onTimer(), leftMs);
    } else {
      this.#fail('timeout', 'no complete answer in time');
    }
  }

  #failTooLarge(): void {
    const words = `the answer is longer than ${this.#request.maxAnswerBytes} bytes`;
    this.#reject(new HttpFailure('too_large', 'too_large', words, { status: this.#status }));
  }

  #fail(code: string, message: string, cause?: unknown): void {
    const kind: HttpFailureKind = this.#controller === undefined ? 'not_sent' : 'no_answer';
    this.#reject(new HttpFailure(kind, code, message, { cause }));
  }

  #reject(failure: HttpFailure): void {
    if (this.#end()) {
      this.#settle.reject(failure);
      this.#controller?.abort(failure);
    }
  }

  /** Whether this call settles the exchange; only the first one does. */
  #end(): boolean {
    if (this.#isSettled) {
      return false;
    }
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    result[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return result;
}

function codeBeforeWrite(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return 'invalid_url';
  }
  return code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED' ? 'aborted' : 'connect';
}
