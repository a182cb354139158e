import { execFile } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signalProcess } from './processes.ts'
import { findProgram } from './programs.ts'

/** A real pipe: what Node calls `pipe` is a socket, and a program in a sandbox cannot open /dev/stderr when that is one. */
export interface OutputPipe {
  reader: Socket
  /** For the child to inherit. */
  writeFd: number
  /** To be called when the child has been started. */
  closeWriter: () => void
}

const BATCH = 32
const PREFIX = 'agentos-pipes-'

let folder: string | null = null
let made = 0
const ready: string[] = []
let refill: Promise<void> | null = null

/** null where no pipe can be made; a socket does then. Each is a FIFO that loses its name before anybody else can use it. */
export async function takePipe(): Promise<OutputPipe | null> {
  if (ready.length < BATCH / 2)
    refill ??= makeMore()
  if (ready.length === 0)
    await refill
  const path = ready.pop()
  if (path === undefined)
    return null
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeFd = openSync(path, constants.O_WRONLY)
  unlinkSync(path)
  return { reader: new Socket({ fd: readFd, readable: true, writable: false }), writeFd, closeWriter: () => closeSync(writeFd) }
}

async function makeMore(): Promise<void> {
  const mkfifo = findProgram('mkfifo')
  if (!mkfifo)
    return
  folder ??= makeFolder()
  const paths = Array.from({ length: BATCH }, () => join(folder!, String(++made))) // Made the line before.
  await promisify(execFile)(mkfifo, ['-m', '600', ...paths], { env: {} })
  ready.push(...paths)
  refill = null
}

function makeFolder(): string {
  removeStale()
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  process.once('exit', () => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Of executors that were killed. Those of another user cannot be removed, and need not. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir()).filter(name => name.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0])
    if (pid !== process.pid && !signalProcess(pid, 0)) {
      try {
        rmSync(join(tmpdir(), name), { recursive: true, force: true })
      }
      catch {
        // Another user's.
      }
    }
  }
}
