import type { Browser, BrowserContextOptions } from 'playwright-core'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** The browser of the machine, else the one that comes with a package from npm and needs nothing installed. */
export async function launchBrowser(): Promise<Browser> {
  // The arguments that the package suggests switch off what keeps sites and sessions apart: a test has to see it at work.
  return chromium.launch({
    executablePath: INSTALLED.find(path => existsSync(path)) ?? await (await import('@sparticuz/chromium')).default.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'],
  })
}

export const WIDE: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
