import type { Buffer } from 'node:buffer'
import type { ArchivedFile, BackupManifest } from './manifest.ts'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { BackupError } from './backup-error.ts'
import { backupManifest, ENTRY_NAME, MANIFEST_NAME } from './manifest.ts'

/** It lists every file: a million of them. */
const MANIFEST_BYTES = 256 * 1024 * 1024

/**
 * Reads the whole archive and holds it against its own manifest: the names, sizes and hashes, and that nothing is missing or too many. Writes
 * nothing. `roomBytes`: what is larger cannot be put back, so it is not read either.
 */
export async function verifyArchive(file: string, roomBytes = Infinity): Promise<BackupManifest> {
  const found = new Map<string, ArchivedFile>()
  let manifest: BackupManifest | null = null
  let bytes = 0
  await readEntries(file, async ({ name, sizeBytes, stream }) => {
    bytes += sizeBytes
    if (bytes > roomBytes)
      throw new BackupError(`${file} holds more than the ${roomBytes} bytes that are free where it is to go: free some space, or name another place`)
    if (found.has(name) || manifest)
      throw new BackupError(`${file} is no backup of AgentOS: it has ${manifest ? `${name} behind its manifest` : `${name} twice`}`)
    if (name === MANIFEST_NAME)
      manifest = readManifest(file, await readText(file, stream, sizeBytes))
    else
      found.set(name, { name, sizeBytes, sha256: await hashOf(stream) })
  })
  if (!manifest)
    throw new BackupError(`${file} is not whole: it ends before its manifest (${MANIFEST_NAME}). Use another backup`)
  checkFiles(file, (manifest as BackupManifest).files, found)
  return manifest
}

export interface Entry { name: string, sizeBytes: number, stream: AsyncIterable<Buffer> }

/** Each entry in its turn; what `take` leaves of it is passed over. Links, folders and names that are not ours are refused. */
export async function readEntries(file: string, take: (entry: Entry) => Promise<void>): Promise<void> {
  const archive = extract()
  const entries = async (): Promise<void> => {
    for await (const entry of archive) {
      const { name, type, size = 0 } = entry.header
      if (type !== 'file' || !ENTRY_NAME.test(name))
        throw new BackupError(`${file} is no backup of AgentOS: it has ${type === 'file' ? '' : `a ${type} `}${JSON.stringify(name.slice(0, 100))}, which none of ours has`)
      await take({ name, sizeBytes: size, stream: entry as AsyncIterable<Buffer> }) // a stream of bytes
      entry.resume()
    }
  }
  try {
    await Promise.all([pipeline(createReadStream(file), createGunzip(), archive), entries()])
  }
  catch (error) {
    throw explained(file, error)
  }
}

/** A transform that fails at the end when what went through is not what the manifest says. */
export function checking(file: string, { name, sha256 }: ArchivedFile): Transform {
  const hash = createHash('sha256')
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      done(hash.digest('hex') === sha256 ? null : new BackupError(`${file} was changed while it was read: ${name} is another one now`))
    },
  })
}

export async function readText(file: string, stream: Entry['stream'], sizeBytes: number): Promise<string> {
  if (sizeBytes > MANIFEST_BYTES)
    throw new BackupError(`${file} is no backup of AgentOS: a text in it has ${sizeBytes} bytes`)
  return (await buffer(stream)).toString('utf8')
}

function readManifest(file: string, text: string): BackupManifest {
  const written = parseJson(text)
  const format = (written as { format?: unknown } | null)?.format
  if (typeof format === 'number' && format > 1)
    throw new BackupError(`${file} was written by a newer AgentOS (its format is ${format}, this version reads 1): restore it with that version`)
  const result = backupManifest.safeParse(written)
  if (!result.success)
    throw new BackupError(`${file} is no backup of AgentOS: its manifest is wrong at ${result.error.issues[0]?.path.join('.') || 'its beginning'}`)
  return result.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return null
  }
}

function checkFiles(file: string, listed: ArchivedFile[], found: Map<string, ArchivedFile>): void {
  for (const { name, sizeBytes, sha256 } of listed) {
    const one = found.get(name)
    if (!one)
      throw new BackupError(`${file} is not whole: ${name} is missing. Use another backup`)
    if (one.sizeBytes !== sizeBytes || one.sha256 !== sha256)
      throw new BackupError(`${file} is damaged: ${name} has ${one.sizeBytes} bytes and the hash ${one.sha256}, and ${sizeBytes} and ${sha256} were written. Use another backup`)
    found.delete(name)
  }
  const [other] = found.keys()
  if (other !== undefined)
    throw new BackupError(`${file} is no backup of AgentOS: ${other} is not in its manifest`)
}

async function hashOf(stream: Entry['stream']): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream)
    hash.update(chunk)
  return hash.digest('hex')
}

/** What the libraries say of bytes that are none of ours. */
function explained(file: string, error: unknown): unknown {
  if (error instanceof BackupError)
    return error
  const { code = '', message = '' } = error as { code?: string, message?: string } // whatever was thrown: both are only read
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
    return new BackupError(`${file} cannot be read (${code}): name a backup, as agentos backup wrote it`, { cause: error })
  if (code.startsWith('Z_') || /tar|Unexpected end of|header/i.test(message))
    return new BackupError(`${file} is damaged, or no backup of AgentOS: ${message}. Use another backup`, { cause: error })
  return error
}
