import type { ExecutorHost } from '../src/executor/host.ts'
import type { KeptFile, TestRun } from './executor-harness.ts'
import { createHash } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { KEPT_OUTPUT_BYTES } from '../src/domain/artifact.ts'
import { dataOf, outputOf, performRun, runAs, sha256Of, startExecutor } from './executor-harness.ts'
import { peakBytes } from './process-harness.ts'

let host: ExecutorHost & AsyncDisposable
beforeAll(async () => {
  host = await startExecutor()
})
afterAll(() => host[Symbol.asyncDispose]())

const MiB = 1024 * 1024
const GB = 1_000_000_000

describe('a flood', { timeout: 120_000 }, () => {
  it('of 1 GB that will not end when it is told to: cut at the limit, kept up to the cap, the rest counted, in bounded memory', async () => {
    const own = await startExecutor()
    onTestFinished(() => own.stop())
    const atRest = peakBytes(own.pid!)
    const { outcome, events, kept } = await performRun(own, {
      steps: [`trap '' TERM; head -c ${GB} /dev/zero`],
      limits: { outputBytes: 2 * MiB },
      graceMs: 60_000,
      commandTimeoutMs: 60_000,
    })
    expect(outcome).toMatchObject({ reason: 'output_limit', survivors: 0 })
    expect(outputOf(events)).toHaveLength(2 * MiB)
    expect(dataOf(events, 'output.cut')).toEqual([{ step: 1, droppedBytes: GB - 2 * MiB, allowedBytes: 2 * MiB }])
    expect(kept).toEqual([expect.objectContaining({ step: 1, name: 'step-1.log', mediaType: 'application/octet-stream', isWhole: false, sizeBytes: KEPT_OUTPUT_BYTES, sha256: sha256OfZeros(KEPT_OUTPUT_BYTES) })])
    expect(peakBytes(own.pid!) - atRest).toBeLessThan(150 * MiB)
  })

  it('of 100 MB in one line: cut as said, and the line is kept as far as the cap', async () => {
    const { outcome, events, kept } = await performRun(host, {
      steps: [`trap '' TERM; head -c 100000000 /dev/zero | tr '\\0' x`],
      limits: { outputBytes: 2 * MiB },
      graceMs: 60_000,
    })
    expect(outcome).toMatchObject({ reason: 'output_limit' })
    expect(outputOf(events)).toBe('x'.repeat(2 * MiB))
    expect(dataOf(events, 'output.cut')).toEqual([{ step: 1, droppedBytes: 100_000_000 - 2 * MiB, allowedBytes: 2 * MiB }])
    expect(kept).toMatchObject([{ mediaType: 'text/plain', isWhole: false, sizeBytes: KEPT_OUTPUT_BYTES, sha256: sha256Of('x'.repeat(KEPT_OUTPUT_BYTES)) }])
  })

  it('on both streams at once: every byte of it is counted, and kept in the order in which it came', async () => {
    const { events, kept } = await performRun(host, {
      steps: [`trap '' TERM; yes out | head -c 3000000 & yes err | head -c 3000000 >&2; wait`],
      limits: { outputBytes: MiB },
      graceMs: 30_000,
    })
    expect(outputOf(events).length + outputOf(events, 'stderr').length).toBe(MiB)
    expect(dataOf(events, 'output.cut')).toMatchObject([{ droppedBytes: 6_000_000 - MiB }])
    expect(kept).toMatchObject([{ isWhole: true, sizeBytes: 6_000_000 }])
  })

  it('beside nine others and an ordinary run: each is cut and kept by itself, in bounded memory', async () => {
    const own = await startExecutor()
    onTestFinished(() => own.stop())
    const atRest = peakBytes(own.pid!)
    const floods = Array.from({ length: 10 }, (_, index) => performRun(own, {
      steps: [`trap '' TERM; yes ${index} | head -c 8000000`],
      limits: { outputBytes: MiB / 4 },
      graceMs: 60_000,
      commandTimeoutMs: 60_000,
    }))
    const ordinary = await performRun(own, { steps: ['echo one', 'echo two'] })
    expect(ordinary.outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(ordinary.events)).toBe('one\ntwo\n')
    for (const [index, { outcome, kept }] of (await Promise.all(floods)).entries()) {
      expect(outcome).toMatchObject({ reason: 'output_limit' })
      expect(kept).toMatchObject([{ isWhole: true, sizeBytes: 8_000_000, sha256: sha256Of(`${index}\n`.repeat(4_000_000)) }])
    }
    expect(peakBytes(own.pid!) - atRest).toBeLessThan(200 * MiB)
  })
})

describe('raw bytes', () => {
  /** Written by a program that knows nothing of texts. */
  const RAW: [string, Buffer, string][] = [
    ['lone bytes', Buffer.from([0x61, 0xFF, 0xFE, 0x80, 0x62]), 'a\uFFFD\uFFFD\uFFFDb'],
    ['overlong forms', Buffer.from([0xC0, 0xAF, 0xE0, 0x80, 0xAF, 0x2F]), '\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD/'],
    ['surrogates', Buffer.from([0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80]), '\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD'],
    ['NUL', Buffer.from('a\0b\0'), 'a\uFFFDb\uFFFD'],
    ['a character that never ends', Buffer.from([0x61, 0xF0, 0x9F, 0x98]), 'a\uFFFD'],
    ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), new TextDecoder().decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)).replace('\0', '\uFFFD')],
  ]

  it.each(RAW)('%s: the events have text, the kept file the bytes', async (_, bytes, text) => {
    const { outcome, events, kept } = await performRun(host, { steps: [printing(bytes)] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toBe(text)
    expect(kept).toMatchObject([{ mediaType: 'application/octet-stream', isWhole: true, sizeBytes: bytes.length, sha256: sha256Of(bytes) }])
  })

  it('of 5 MB that are noise from the last byte on alone are kept whole', async () => {
    const { kept } = await performRun(host, { steps: [`head -c 5000000 /dev/zero | tr '\\0' x; printf '\\377'`] })
    expect(kept).toMatchObject([{ isWhole: true, sizeBytes: 5_000_001, sha256: sha256Of(Buffer.concat([Buffer.alloc(5_000_000, 'x'), Buffer.from([0xFF])])) }])
  })

  it('belong to their step, with all its tries, and to no other', async () => {
    const { kept } = await performRun(host, {
      steps: ['echo clean', { run: `printf '\\377'; exit 1`, retry: { attempts: 3, delayMs: 0 }, continueOnError: true }, 'echo clean again', `printf '\\376'`],
    })
    expect(kept.map(({ step, sha256 }) => [step, sha256])).toEqual([[2, sha256Of(Buffer.from([0xFF, 0xFF, 0xFF]))], [4, sha256Of(Buffer.from([0xFE]))]])
  })

  it('of a tool\'s commands belong to the model\'s step', async () => {
    const shell = (id: string, command: string) => ({ id, tool: 'shell', input: { command } })
    const { kept } = await performRun(host, { llm: { turns: [{ toolCalls: [shell('a', `printf '\\377'`), shell('b', 'echo b')] }, { text: 'done' }] } })
    expect(kept).toMatchObject([{ step: 1, sha256: sha256Of(Buffer.concat([Buffer.from([0xFF]), Buffer.from('b\n')])) }])
  })

  it('are not kept, and no file is left, when the events have it all: any text, split anywhere, the replacement character too', async () => {
    const seen = new Set<string>()
    const { kept, events } = await withSpool(spoolPath => ({
      steps: [
        `printf '\\303'; sleep 0.1; printf '\\244 \\357\\277\\275 \\360\\237'; sleep 0.1; printf '\\230\\200\\n'`,
        'head -c 1000000 /dev/zero | tr "\\0" x; sleep 0.2',
        'true',
      ],
      onEvent: () => readdirSync(spoolPath).forEach(name => seen.add(name)),
    }))
    expect(outputOf(events)).toBe(`ä \uFFFD 😀\n${'x'.repeat(1_000_000)}`)
    expect(kept).toEqual([])
    expect([...seen]).toEqual(['step-2']) // the long one was held there, in case
  })
})

describe('a disk that cannot take it', () => {
  it('gives up the artifact, says why, and the run goes on', async () => {
    const { outcome, events, kept } = await performRun(host, { spoolPath: '/nonexistent/spool', steps: [`head -c 1000000 /dev/zero`, 'echo on'], limits: { outputBytes: 4 * MiB } })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toMatch(/on\n$/)
    expect(kept).toMatchObject([{ step: 1, file: null, problem: expect.stringContaining('ENOENT'), isWhole: false }])
  })

  it('a file that a command has put in its way is not written through', async () => {
    const target = join(tmpdir(), `agentos-target-${process.pid}`)
    const { kept } = await withSpool(spoolPath => ({ level: 'process', steps: [`ln -s ${target} ${spoolPath}/step-1; printf '\\377'`] }))
    expect(kept).toMatchObject([{ file: null, problem: expect.stringContaining('EEXIST') }])
    expect(existsSync(target)).toBe(false)
  })
})

it('the spool folder is not there in a sandbox', async () => {
  const { events, kept } = await withSpool(spoolPath => ({ steps: [`head -c 500000 /dev/zero; sleep 0.1; echo; ls ${spoolPath} || grep -c spool /proc/self/mounts`] }))
  expect(kept).toMatchObject([{ isWhole: true }])
  expect(outputOf(events)).toMatch(/\n0\n$/)
  expect(outputOf(events, 'stderr')).toContain('No such file')
})

async function withSpool(run: (spoolPath: string) => TestRun): ReturnType<typeof performRun> {
  const spoolPath = mkdtempSync(join(tmpdir(), 'agentos-spool-'))
  if (runAs)
    chownSync(spoolPath, runAs.uid, runAs.gid)
  onTestFinished(() => rmSync(spoolPath, { recursive: true, force: true }))
  return performRun(host, { ...run(spoolPath), spoolPath })
}

function printing(bytes: Buffer): string {
  return `printf '${[...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`
}

function sha256OfZeros(sizeBytes: number): KeptFile['sha256'] {
  return createHash('sha256').update(Buffer.alloc(sizeBytes)).digest('hex')
}
