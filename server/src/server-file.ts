import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'

/** Where a command line on this machine finds the server of a data folder. */
export interface ServerFile {
  url: string
  pid: number
  /** ISO 8601. */
  startedAt: string
  version: string
}

/** Writes `server.json` whole (0600); the function that comes back removes it if it is still ours. */
export async function writeServerFile(dataDir: string, content: ServerFile): Promise<() => Promise<void>> {
  const path = join(dataDir, 'server.json')
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, path)

  return async () => {
    const now = await readFile(path, 'utf8').catch(() => '{}')
    if ((JSON.parse(now) as Partial<ServerFile>).pid === content.pid)
      await rm(path, { force: true })
  }
}
