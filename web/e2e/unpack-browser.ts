import { launchBrowser } from './browser.ts'

/** Once before all files: two that unpack the browser at the same time would start half of it. */
export async function setup(): Promise<void> {
  const browser = await launchBrowser()
  await browser.close()
}
