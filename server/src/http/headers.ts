import type { RequestHandler } from 'express'
import helmet from 'helmet'

/** Strict from the first day: no inline script, no eval, nothing from outside. Inline styles are what the component library needs. */
export function securityHeaders({ publicUrl }: { publicUrl: string | null }): RequestHandler {
  const isHttps = publicUrl?.startsWith('https://') ?? false
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ['\'self\''],
        scriptSrc: ['\'self\''],
        scriptSrcAttr: ['\'none\''],
        styleSrc: ['\'self\'', '\'unsafe-inline\''],
        imgSrc: ['\'self\'', 'data:'],
        fontSrc: ['\'self\''],
        // 'self' covers the WebSocket in today's browsers, but not in all that are in use. The Host was checked before.
        connectSrc: ['\'self\'', request => `${isHttps ? 'wss' : 'ws'}://${request.headers.host}`],
        objectSrc: ['\'none\''],
        baseUri: ['\'none\''],
        formAction: ['\'self\''],
        frameAncestors: ['\'none\''],
      },
    },
    frameguard: { action: 'deny' },
    // A one-time link must not travel on in a Referer header.
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000 } : false,
  })
}
