import type { BackupManifest } from '../../backup/manifest.ts'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { makeBackup } from '../../backup/make-backup.ts'
import { rowsOf } from '../../backup/manifest.ts'
import { backupFileName } from '../../backup/rotate.ts'
import { loadConfig } from '../../config/config.ts'
import { CommandError } from '../failure.ts'
import { exitCodeOf, onLeave } from '../leave.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { formatBytes } from '../print/quantity.ts'

/** Everything that is stored, in one file, whether a server runs on it or not. */
export async function backup(options: { output?: string, withKey?: boolean, json?: boolean }): Promise<void> {
  if (process.env.AGENTOS_URL)
    throw new CommandError('backup reads the data itself, not through a server: unset AGENTOS_URL, and give the command where the server of that data runs')
  const config = loadConfig(process.env)
  const stopped = new AbortController()
  const release = onLeave((why) => {
    process.exitCode = exitCodeOf(why)
    stopped.abort(new CommandError('the backup was stopped, and nothing of it is left', exitCodeOf(why)))
  })
  try {
    const secretKey = options.withKey ? config.secretKey ?? await readKey(config.dataDir) : null
    const file = resolve(options.output ?? backupFileName(new Date()))
    const { sizeBytes, manifest } = await makeBackup({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, secretKey }, file, stopped.signal)
    print(options.json ? jsonLine(asJson(file, sizeBytes, manifest)) : `${inWords(file, sizeBytes, manifest)}\n`)
  }
  catch (error) {
    throw stopped.signal.aborted ? stopped.signal.reason : error
  }
  finally {
    release()
  }
}

async function readKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret.key')
  const key = await readFile(path, 'utf8').catch(() => null)
  if (key === null)
    throw new CommandError(`--with-key: ${path} is not there. Set AGENTOS_SECRET_KEY to the key of the server, or leave --with-key out`)
  return key.trim()
}

function asJson(file: string, sizeBytes: number, { files, tables, ...manifest }: BackupManifest) {
  return { file, sizeBytes, ...manifest, files: files.length, tables: Object.fromEntries(tables.map(({ name, rows }) => [name, rows])) }
}

function inWords(file: string, sizeBytes: number, manifest: BackupManifest): string {
  const secrets = rowsOf(manifest, 'secrets')
  const lines = [`${file}  ${formatBytes(sizeBytes)}`, `${summary(manifest)}`]
  if (manifest.hasKey)
    lines.push('The key of the server is in it: whoever has the file can open every secret in it. Keep it as you keep the key.')
  else if (secrets > 0)
    lines.push(`${secrets} sealed ${secrets === 1 ? 'secret' : 'secrets'}: they open only under the key of this server, which is not in it (--with-key puts it there).`)
  if (manifest.missing.length > 0)
    lines.push(`${manifest.missing.length} kept files were not there any more, and are left out.`)
  return lines.join('\n')
}

/** What a backup holds, in a line. */
export function summary(manifest: BackupManifest): string {
  const artifacts = manifest.files.filter(({ name }) => name.startsWith('artifacts/')).length + rowsOf(manifest, 'blobs')
  return `${manifest.dialect === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, AgentOS ${manifest.version}, ${manifest.createdAt}: ${rowsOf(manifest, 'agents')} agents, ${rowsOf(manifest, 'runs')} runs, ${rowsOf(manifest, 'events')} events, ${artifacts} kept files`
}
