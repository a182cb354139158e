import type { Server } from './local-server.ts'
import { createReadStream } from 'node:fs'
import { readlink } from 'node:fs/promises'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { walkTree } from '../worker/workspace/walk-tree.ts'
import { CommandError } from './failure.ts'
import { pc } from './print/colour.ts'

/** As the server takes them at most. */
const MAX_ENTRIES = 20_000
const SEND_MS = 600_000
/** Made by tools from what is beside it, and large. */
const LEFT_OUT = 'node_modules'

/** Sends a folder of this machine to a server on another one. Resolves to what it is called there. Links are left out, and said. */
export async function uploadFolder({ url, apiKey }: Pick<Server, 'url' | 'apiKey'>, folder: string): Promise<string> {
  const archive = pack()
  const gzip = createGzip()
  const left: string[] = []
  archive.on('error', error => gzip.destroy(error))
  const filling = fill(folder, archive, left).catch((error: unknown) => archive.destroy(error as Error))
  const response = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: Readable.toWeb(archive.pipe(gzip)) as ReadableStream,
    duplex: 'half',
  }).catch((error: unknown) => {
    throw new CommandError(`--workspace: ${folder} could not be sent to ${url}: ${error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error)}`)
  })
  await filling
  const answer = await response.json().catch(() => ({})) as { workspace?: string, files?: number, error?: { message: string } } // one or the other
  if (!response.ok || answer.workspace === undefined)
    throw new CommandError(`--workspace: ${answer.error?.message ?? `${url} answered ${response.status}`}`)
  if (left.length > 0)
    process.stderr.write(`${pc.dim(`not sent: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}`)}\n`)
  return answer.workspace
}

async function fill(folder: string, archive: ReturnType<typeof pack>, left: string[]): Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  const bounds = { maxEntries: MAX_ENTRIES, signal: AbortSignal.timeout(SEND_MS), enters: (path: string) => !isLeftOut(path) }
  const walked = await walkTree(folder, bounds, ({ path, kind, stats, parent, name }) => {
    const shown = Buffer.from(path, 'latin1').toString()
    const added = last.then(async () => { // an archive has one entry after another
      if (kind === 'folder' && isLeftOut(path))
        return void left.push(`${shown}/`)
      if (kind === 'folder')
        return void archive.entry({ name: shown, type: 'directory' })
      if (kind !== 'file')
        return void left.push(kind === 'link' ? `${shown} → ${await readlink(`${folder}/${shown}`).catch(() => '?')}` : shown)
      const size = Number(stats.size)
      const entry = archive.entry({ name: shown, size, mode: Number(stats.mode) & 0o777 })
      if (size === 0)
        return void entry.end(undefined)
      await pipeline(createReadStream(Buffer.concat([parent.path, Buffer.from('/'), name]), { end: size - 1 }), entry)
    })
    last = added.catch(() => {})
    return added
  })
  if (walked.cut)
    throw new CommandError(`--workspace: ${folder} has more than ${MAX_ENTRIES} files, is too deep, or takes too long: name a smaller folder, or a repository`)
  archive.finalize()
}

function isLeftOut(path: string): boolean {
  return path === LEFT_OUT || path.endsWith(`/${LEFT_OUT}`)
}
