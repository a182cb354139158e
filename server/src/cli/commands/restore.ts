import type { RestorePlace } from '../../backup/place.ts'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { rowsOf } from '../../backup/manifest.ts'
import { restoreBackup } from '../../backup/restore.ts'
import { loadConfig } from '../../config/config.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { summary } from './backup.ts'

/** Into an empty place, verified before anything is written. */
export async function restore(file: string, options: { to?: string, json?: boolean }): Promise<void> {
  const place = placeOf(options.to)
  const { manifest } = await restoreBackup(resolve(file), place)
  if (options.json) {
    print(jsonLine({ file: resolve(file), to: place.kind === 'folder' ? place.dataDir : withoutPassword(place.url), version: manifest.version, createdAt: manifest.createdAt, dialect: manifest.dialect, hasKey: manifest.hasKey, runs: rowsOf(manifest, 'runs') }))
    return
  }
  print(`${summary(manifest)}\nrestored into ${place.kind === 'folder' ? place.dataDir : withoutPassword(place.url)}. ${nextStep(place)}\n${aboutKey(manifest.hasKey, rowsOf(manifest, 'secrets'))}`)
}

function placeOf(to: string | undefined): RestorePlace {
  const config = loadConfig(process.env)
  const url = to ?? (config.databaseUrl.startsWith('file:') ? undefined : config.databaseUrl)
  if (url !== undefined && /^postgres(?:ql)?:\/\//.test(url))
    return { kind: 'postgresql', url, dataDir: config.dataDir }
  if (to !== undefined)
    return { kind: 'folder', dataDir: resolve(to), databasePath: join(resolve(to), 'agentos.db') }
  return { kind: 'folder', dataDir: config.dataDir, databasePath: config.databaseUrl.slice('file:'.length) }
}

function nextStep(place: RestorePlace): string {
  return place.kind === 'folder' ? `Start it with AGENTOS_DATA_DIR=${place.dataDir} agentos serve` : 'Set DATABASE_URL to that address for its servers and workers'
}

function aboutKey(hasKey: boolean, secrets: number): string {
  if (hasKey)
    return 'The key came with it.\n'
  return secrets > 0 ? `${secrets} sealed ${secrets === 1 ? 'secret needs' : 'secrets need'} the key that the server had: set AGENTOS_SECRET_KEY to it, or put its secret.key into the data folder. Without it they have to be set anew.\n` : ''
}

export function withoutPassword(address: string): string {
  const url = new URL(address)
  url.password = ''
  return url.href
}
