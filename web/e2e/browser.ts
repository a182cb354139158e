import type { Browser, BrowserContextOptions } from 'playwright-core'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** The browser of the machine, else the one that comes with a package from npm and needs nothing installed. */
export async function launchBrowser(): Promise<Browser> {
  const installed = INSTALLED.find(path => existsSync(path))
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic']
  if (installed)
    return chromium.launch({ executablePath: installed, args: ['--no-sandbox', '--disable-gpu', ...quiet] })
  const { default: bundled } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await bundled.executablePath(), args: [...bundled.args, ...quiet] })
}

export const WIDE: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
