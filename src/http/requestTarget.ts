import type { IncomingMessage } from 'node:http'

/** Leaves path and query of a request's target, where a proxy may name the whole address (RFC 9112, 3.2.2). */
export function toOriginForm(request: Pick<IncomingMessage, 'url'>): void {
  request.url = request.url!.replace(/^https?:\/\/[^/?]*\/?/i, '/')
}
