import type { NewEvent } from '../../domain/event.ts'
import type { OutputStream } from '../sandbox/session.ts'
import type { LineSplitter } from './line-splitter.ts'
import type { RawOutput } from './raw-output.ts'
import { createLineSplitter } from './line-splitter.ts'
import { newEvent } from './new-event.ts'

/** Which step, or which tool call of it, the output belongs to. */
export interface OutputOwner { step: number, call: string | null }

/** Carries the output of a run's commands into events: the first bytes at once, then at most 20 events a second. */
export interface RunOutput {
  /** From now on output belongs to `owner`; `lines` reads what it understands of the standard output. */
  begin(owner: OutputOwner, lines?: LineReader): void
  /** False: no more for now; `resume` is called when there is room. */
  write(stream: OutputStream, bytes: Buffer, resume: () => void): boolean
  /** Events that are made of the output: what came before them is sent before them. */
  tell(events: NewEvent[]): void
  /** Sends what is held back, and `output.cut` when something was left out since `begin`. */
  finish(): void
}

/** Reads the standard output of somebody else's agent line by line. */
export interface LineReader {
  /** The most that a line may have. */
  maxBytes: number
  /** False: it means nothing, and is shown as it is. */
  take(line: string): boolean
  /** A line is longer, and is shown as it is. */
  tooLong(): void
  /** False: no more for now; `onRoom` is called when there is room. */
  hasRoom(): boolean
  onRoom: () => void
  /** There are no more lines. */
  finish(): void
}

const EVENT_INTERVAL_MS = 50
const MAX_EVENT_CHARACTERS = 64 * 1024
const MAX_PENDING_CHARACTERS = 256 * 1024
const LINE_FEED = Buffer.from('\n')

export function createRunOutput(o: {
  allowedBytes: number
  send: (events: NewEvent[]) => void
  onUse: (usedBytes: number) => void
  /** Called once, with the first byte that is over the limit. */
  onLimit: (usedBytes: number) => void
  isFull: () => boolean
  onRoom: (callback: () => void) => void
  /** Gets the bytes as they are. */
  raw: RawOutput
}): RunOutput {
  let owner: OutputOwner = { step: 1, call: null }
  let decoders = newDecoders()
  let pending: { stream: OutputStream, text: string }[] = []
  let pendingCharacters = 0
  let usedBytes = 0
  let droppedBytes = 0
  let isOver = false
  let nextAt = 0
  let timer: NodeJS.Timeout | null = null
  let isWaitingForRoom = false
  let reader: LineReader | null = null
  let splitter: LineSplitter | null = null
  const paused = new Set<() => void>()
  o.raw.onRoom = release

  return { begin, write, tell, finish }

  function begin(next: OutputOwner, lines?: LineReader): void {
    owner = next
    reader = lines ?? null
    splitter = lines
      ? createLineSplitter({
          maxBytes: lines.maxBytes,
          onLine: (bytes, hasEnd) => lines.take(bytes.toString()) || show('stdout', hasEnd ? Buffer.concat([bytes, LINE_FEED]) : bytes),
          onLong: bytes => show('stdout', bytes),
          onTooLong: () => lines.tooLong(),
        })
      : null
    if (lines)
      lines.onRoom = release
    decoders = newDecoders()
    droppedBytes = 0
  }

  function write(stream: OutputStream, bytes: Buffer, resume: () => void): boolean {
    o.raw.write(stream, bytes)
    const fitting = bytes.subarray(0, Math.max(0, o.allowedBytes - usedBytes))
    usedBytes += fitting.length
    droppedBytes += bytes.length - fitting.length
    o.onUse(usedBytes)
    if (splitter && stream === 'stdout')
      splitter.push(fitting)
    else
      show(stream, fitting)
    if (fitting.length < bytes.length && !isOver) {
      isOver = true
      o.onLimit(usedBytes + bytes.length - fitting.length)
    }
    schedule()
    if (pendingCharacters <= MAX_PENDING_CHARACTERS && o.raw.hasRoom() && (reader?.hasRoom() ?? true))
      return true
    paused.add(resume)
    return false
  }

  function show(stream: OutputStream, bytes: Buffer): void {
    hold(stream, decoders[stream].decode(bytes, { stream: true }))
  }

  function tell(events: NewEvent[]): void {
    while (pending.length > 0)
      flush()
    o.send(events)
  }

  function finish(): void {
    splitter?.end()
    reader?.finish()
    for (const stream of ['stdout', 'stderr'] as const)
      hold(stream, decoders[stream].decode())
    while (pending.length > 0)
      flush()
    o.raw.finish()
    if (droppedBytes > 0) {
      o.raw.needIt()
      o.send([newEvent('output.cut', { step: owner.step, droppedBytes, allowedBytes: o.allowedBytes })])
    }
    droppedBytes = 0
    reader = null
    splitter = null
  }

  function hold(stream: OutputStream, decoded: string): void {
    // PostgreSQL's text has no NUL, and no terminal shows it.
    const text = decoded.replaceAll('\0', '\uFFFD')
    if (text === '')
      return
    // With more than two pieces, one a stream: their order within 50 ms is lost, not their text.
    const last = pending.length < 2 ? pending.at(-1) : pending.findLast(piece => piece.stream === stream)
    if (last?.stream === stream)
      last.text += text
    else
      pending.push({ stream, text })
    pendingCharacters += text.length
  }

  function schedule(): void {
    if (pending.length === 0 || timer || isWaitingForRoom)
      return
    const waitMs = nextAt - performance.now()
    if (waitMs > 0) {
      timer = setTimeout(() => {
        timer = null
        schedule()
      }, waitMs)
    }
    else if (o.isFull()) {
      isWaitingForRoom = true
      o.onRoom(() => {
        isWaitingForRoom = false
        schedule()
      })
    }
    else {
      flush()
      schedule()
    }
  }

  function flush(): void {
    const events: NewEvent[] = []
    for (const piece of pending.slice(0, 2)) {
      const text = piece.text.slice(0, endOfPiece(piece.text))
      piece.text = piece.text.slice(text.length)
      pendingCharacters -= text.length
      events.push(owner.call === null
        ? newEvent('step.output', { step: owner.step, stream: piece.stream, text })
        : newEvent('tool.output', { step: owner.step, call: owner.call, stream: piece.stream, text }))
    }
    pending = pending.filter(piece => piece.text !== '')
    nextAt = performance.now() + EVENT_INTERVAL_MS * events.length
    o.send(events)
    release()
  }

  /** Whoever was held back may go on, once both the worker and the disk have room. */
  function release(): void {
    if (pendingCharacters > MAX_PENDING_CHARACTERS / 2 || !o.raw.hasRoom() || reader?.hasRoom() === false)
      return
    for (const resume of paused)
      resume()
    paused.clear()
  }
}

/** Never in the middle of a surrogate pair. */
function endOfPiece(text: string): number {
  if (text.length <= MAX_EVENT_CHARACTERS)
    return text.length
  const code = text.charCodeAt(MAX_EVENT_CHARACTERS - 1)
  return code >= 0xD800 && code <= 0xDBFF ? MAX_EVENT_CHARACTERS - 1 : MAX_EVENT_CHARACTERS
}

function newDecoders(): Record<OutputStream, InstanceType<typeof TextDecoder>> {
  return { stdout: new TextDecoder('utf-8', { ignoreBOM: true }), stderr: new TextDecoder('utf-8', { ignoreBOM: true }) }
}
