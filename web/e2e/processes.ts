import { readdir, readFile } from 'node:fs/promises'
import process from 'node:process'

/** The ids of all processes of this machine that have `mark` in their command line, but for this one. */
export async function processesWith(mark: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(ids.map(async id => (await commandLine(id)).includes(mark)))
  return ids.filter((id, at) => found[at] && id !== process.pid)
}

/** Empty when it has ended meanwhile. */
async function commandLine(id: number): Promise<string> {
  return readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
}
