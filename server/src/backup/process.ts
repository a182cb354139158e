import type { BackupAnswer, BackupOrder } from './order.ts'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { makeBackup } from './make-backup.ts'
import { rowsOf } from './manifest.ts'

/** One backup in a process of its own: to copy an SQLite file blocks whoever does it. It ends with the server that started it. */
const stopped = new AbortController()
const orders = createInterface({ input: process.stdin })
orders.once('close', () => stopped.abort(new Error('its server has ended')))
orders.once('line', (line) => {
  void make(JSON.parse(line) as BackupOrder) // from our own server
    .then(answer => process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(answer.ok ? 0 : 1)))
})

async function make({ source, file }: BackupOrder): Promise<BackupAnswer> {
  try {
    const { sizeBytes, manifest } = await makeBackup(source, file, stopped.signal)
    return { ok: true, sizeBytes, runs: rowsOf(manifest, 'runs') }
  }
  catch (error) {
    return { ok: false, problem: (error as Error).message } // everything that is thrown here is an Error
  }
}
