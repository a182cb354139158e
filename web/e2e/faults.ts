import type { BrowserContext } from 'playwright-core'

/**
 * Gathers what must never happen on a page: a dialog, an error in the console (a violated CSP is one), an exception, a
 * request to anywhere but us.
 */
export function watchFaults(context: BrowserContext, origin: string, faults: string[] = []): string[] {
  context.on('dialog', async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  context.on('console', message => message.type() === 'error' && faults.push(`console: ${message.text()} (${message.location().url})`))
  context.on('weberror', error => faults.push(`exception: ${error.error().stack ?? error.error().message}`))
  context.on('request', request => isOurs(request.url(), origin) || faults.push(`request: ${request.url()}`))
  context.on('page', page => page.on('websocket', socket => isOurs(socket.url().replace(/^ws/, 'http'), origin) || faults.push(`socket: ${socket.url()}`)))
  return faults
}

function isOurs(url: string, origin: string): boolean {
  return url.startsWith(`${origin}/`) || url.startsWith('data:') || url.startsWith(`blob:${origin}/`)
}
