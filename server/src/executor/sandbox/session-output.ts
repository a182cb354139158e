import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { CommandOptions, OutputStream } from './session.ts'
import { finished } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** Both output pipes of a session, handed to one command after another. */
export interface SessionOutput {
  /** From now on output belongs to a command; first what something in the background wrote since the last one. */
  attach(onOutput: CommandOptions['onOutput']): void
  /** Resolves when all that the command wrote has been handed over, and takes the pipes from it. */
  detach(): Promise<void>
  /** What nobody has been given: before the first command, why the session could not be opened. */
  unclaimedText(): string
  /** Resolves when nothing more can come, or when that takes too long. */
  over(): Promise<void>
  destroy(): void
}

const MAX_UNCLAIMED_BYTES = 64 * 1024
const DRAIN_MS = 1000
/** While the worker takes its time. */
const HELD_DRAIN_MS = 60_000

export function createSessionOutput(streams: Record<OutputStream, Readable>): SessionOutput {
  let owner: CommandOptions['onOutput'] | null = null
  let unclaimed: { name: OutputStream, bytes: Buffer }[] = []
  let unclaimedBytes = 0
  let receivedBytes = 0
  const all = Object.entries(streams) as [OutputStream, Readable][] // Its keys, by its type.
  for (const [name, stream] of all)
    stream.on('error', () => {}).on('data', (bytes: Buffer) => receive(name, bytes))
  return { attach, detach, unclaimedText, over, destroy }

  function receive(name: OutputStream, bytes: Buffer): void {
    receivedBytes += bytes.length
    if (owner) {
      if (!owner(name, bytes, () => void streams[name].resume()))
        streams[name].pause()
      return
    }
    // The newest, within bounds: a background process must not be able to fill our memory.
    unclaimed.push({ name, bytes })
    unclaimedBytes += bytes.length
    while (unclaimedBytes > MAX_UNCLAIMED_BYTES && unclaimed.length > 1)
      unclaimedBytes -= unclaimed.shift()!.bytes.length
  }

  function attach(onOutput: CommandOptions['onOutput']): void {
    owner = onOutput
    const held = unclaimed
    unclaimed = []
    unclaimedBytes = 0
    for (const { name, bytes } of held) {
      receivedBytes -= bytes.length
      receive(name, bytes)
    }
  }

  /**
   * What a command wrote is in the pipe before the session's answer: it is all read once two turns of the loop have brought
   * nothing, with nobody holding it back. Something in the background may write for ever, so not for longer than the bounds.
   */
  async function detach(): Promise<void> {
    const startedAt = performance.now()
    let seen
    let isHeld
    do {
      seen = receivedBytes
      await nextTurn()
      await nextTurn()
      isHeld = all.some(([, stream]) => stream.isPaused() && !stream.destroyed)
      if (isHeld)
        await new Promise(resolve => setTimeout(resolve, 5))
    } while ((isHeld || seen !== receivedBytes) && performance.now() - startedAt < (isHeld ? HELD_DRAIN_MS : DRAIN_MS))
    owner = null
    for (const [, stream] of all)
      stream.resume()
  }

  function unclaimedText(): string {
    return unclaimed.map(({ bytes }) => bytes.toString()).join('').trim().slice(-4096)
  }

  async function over(): Promise<void> {
    const ended = Promise.all(all.map(([, stream]) => finished(stream, { writable: false }).catch(() => {}))) // cut is over too
    await Promise.race([ended, pause(DRAIN_MS, undefined, { ref: false })])
  }

  function destroy(): void {
    for (const [, stream] of all)
      stream.destroy()
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
