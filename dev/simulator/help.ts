import { MAGIC } from './magic';

const ROUTES = `Simulator of a message provider, and of the receiver of callbacks.

POST   /messages      x-api-key: simulator-key
                      { "to", "from", "channel", "text", "content", "ref", "receiptUrl", "ttl" } -> 202 { "id" }
                      then posts to receiptUrl, x-signature: sha256=<hex HMAC-SHA256 of the body>
                      { "events": [ { "id", "ref", "eventId", "status", "at", "price", "currency", "error" } ] }
GET    /account       whether the key is right
PUT    /dials         one dial or an array: { "name", "ref", "to", "toSuffix", "apiKey", "channel", "rate",
                        "answerAfterMs", "nativeIdempotency",
                        "answer": { "kind": "accept|refuse|rate_limit|fail|hang|drop|cut", "status", "class",
                          "code", "reason", "retryAfter", "taken", "times", "timesPer": "message|dial" },
                        "statuses": [ { "status", "afterMs", "price", "currency", "error": { "code", "reason" },
                          "duplicates", "freshEventIds", "early", "unknownId", "withRef", "withEventId",
                          "signature": "valid|forged|missing" } ] }
GET    /dials         what is set
DELETE /dials         clears all, or ?name=
GET    /log           messages: ?ref= ?to= ?channel= ?since=<ms> ?limit=
DELETE /log
POST   /callbacks     takes callbacks, on any path below it too
GET    /callbacks     ?dispatch= ?webhook-id= ?path= ?since=<ms> ?limit=
DELETE /callbacks
PUT    /receiver      { "path", "dispatch", "event", "rate", "status", "headers", "body", "delayMs", "hang",
                        "reset", "times", "secrets": [ "whsec_…" ] }
GET    /receiver
DELETE /receiver      answers 200 again
GET    /ui            messages and callbacks, live
GET    /health

Recipients that end in these digits need no dial, for example 447700990503:
`;

/** What `GET /` tells. */
export function helpText(): string {
  const rows = Object.entries(MAGIC)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([suffix, magic]) => `  ${suffix}  ${magic.says}`);
  return `${ROUTES}\n${rows.join('\n')}\n`;
}
