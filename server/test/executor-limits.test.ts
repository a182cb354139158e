import type { LimitName } from '../src/domain/limits.ts'
import type { RunUsage } from '../src/domain/views/run.ts'
import type { ExecutorHost } from '../src/executor/host.ts'
import type { TestOutcome, TestRun } from './executor-harness.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../src/domain/limits.ts'
import { canDivideCgroups, dataOf, outputOf, performRun, startExecutor, testedWays } from './executor-harness.ts'

const MiB = 1024 * 1024
const hasGroups = await canDivideCgroups()

function expectReached({ outcome, events }: TestOutcome, limit: LimitName): void {
  expect(outcome).toMatchObject({ reason: LIMITS[limit].reason })
  expect(dataOf(events, 'limit.reached').map(data => data.limit)).toEqual([limit])
}

/** Comes near the limit, waits to be seen, and goes over it. */
const growing = (mib: number) => `perl -e 'for (1..${mib}) { push @x, "y" x (1024*1024) . $_; sleep 2 if $_ == ${Math.round(mib * 0.85)} } sleep 60'`

describe.concurrent.each([...hasGroups ? [true] : [], false])('limits (control groups: %s)', (cgroups) => {
  describe.concurrent.each([...testedWays(), 'process'] as const)('by %s', (way) => {
    let host: ExecutorHost & AsyncDisposable
    beforeAll(async () => {
      host = await startExecutor({ cgroups, ...(way === 'process' ? {} : { sandboxBy: [way] }) })
    })
    afterAll(() => host[Symbol.asyncDispose]())
    const run = (o: TestRun) => performRun(host, { level: way === 'process' ? 'process' : 'sandbox', ...o })

    it('says in the log and at start what keeps each of them', async () => {
      const { events } = await run({ steps: ['true'] })
      const { keepers } = dataOf(events, 'sandbox.opened')[0]!
      expect(keepers).toEqual(host.levels.levels.find(one => one.level === (way === 'process' ? 'process' : 'sandbox'))!.keepers)
      expect(keepers).toMatchObject({ time: ['counted'], files: ['watched', 'rlimit'], disk: ['watched', 'rlimit'], memory: cgroups ? ['cgroup'] : ['watched', 'rlimit'] })
    })

    it('memory: a run that comes near it is told of, one that is over it ends', async () => {
      const outcome = await run({ limits: { memoryBytes: 96 * MiB }, steps: [growing(96)] })
      expectReached(outcome, 'memory')
      expect(dataOf(outcome.events, 'limit.approached')).toMatchObject([{ limit: 'memory', allowed: 96 * MiB }])
    })

    it('processes: a fork bomb ends the run', async () => {
      // Without a group and a user namespace nothing but our watching stops it, so it is a slow one.
      const outcome = await run({ limits: { processes: 20 }, steps: [{ run: 'i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); sleep 0.03; done; wait', continueOnError: true }, 'echo on'] })
      expectReached(outcome, 'processes')
      expect(outputOf(outcome.events)).toBe('')
    })

    it('files: a process that opens all that it may ends the run', async () => {
      const outcome = await run({ limits: { files: 64 }, steps: [`perl -e 'for (1..100) { open($f[$_], "<", "/dev/null") or last } sleep 60'`] })
      expectReached(outcome, 'files')
    })

    it('CPU time: that of all its processes counts, of ended ones too', async () => {
      const spin = `perl -e '$end = times + 0.25; 1 while times < $end'`
      const outcome = await run({ limits: { cpuTimeMs: 1000, cpu: 2 }, steps: [`while :; do ${spin}; done`] })
      expectReached(outcome, 'cpuTime')
      expect(dataOf(outcome.events, 'limit.approached').map(data => data.limit)).toEqual(['cpuTime'])
    })

    it('disk: what lies in its workspace and home counts, in many files too', async () => {
      const outcome = await run({
        limits: { diskBytes: 20 * MiB },
        steps: [`i=0; while [ $i -lt 100 ]; do head -c 1048576 /dev/zero >$HOME/f$i; [ $i = 17 ] && sleep 4; i=$((i+1)); done; sleep 60`],
      })
      expectReached(outcome, 'disk')
      expect(dataOf(outcome.events, 'limit.approached')).toMatchObject([{ limit: 'disk' }])
    })

    it('time, steps and output are told of at four fifths', async () => {
      const [time, steps, output] = await Promise.all([
        run({ limits: { timeMs: 1500 }, steps: ['sleep 60'] }),
        run({ limits: { steps: 5 }, steps: ['true', 'true', 'true', 'true', 'true', 'true'] }),
        run({ limits: { outputBytes: 10_000 }, steps: ['head -c 9000 /dev/zero | tr "\\0" x; sleep 0.2; head -c 9000 /dev/zero | tr "\\0" x'] }),
      ])
      const order = ({ events }: TestOutcome) => events.filter(event => event.type.startsWith('limit.')).map(event => event.type)
      for (const [outcome, limit] of [[time, 'time'], [steps, 'steps'], [output, 'output']] as const) {
        expectReached(outcome, limit)
        expect(order(outcome)).toEqual(['limit.approached', 'limit.reached'])
      }
    })

    it('tells of nothing when a run stays far below', async () => {
      const { outcome, events } = await run({ steps: ['sleep 1.2'] })
      expect(outcome).toMatchObject({ reason: 'completed' })
      expect(events.filter(event => event.type.startsWith('limit.'))).toEqual([])
    })

    it('measures its tree of processes, parents first', async () => {
      const seen: RunUsage[] = []
      await run({ steps: [`sh -c 'sleep 71 & sleep 72 & sleep 1.5; kill $!'`], onUsage: usage => seen.push(usage) })
      const full = seen.find(usage => usage.tree.some(process => process.command === 'sleep 72'))!
      const [root] = full.tree
      expect(root).toMatchObject({ parent: 0, command: expect.stringContaining('/bin/sh') })
      const parent = full.tree.find(process => process.command.startsWith('sh -c'))!
      expect(full.tree.filter(process => process.command.startsWith('sleep')).map(process => process.parent)).toEqual(Array.from({ length: 3 }).fill(parent.pid))
      expect(full.tree.indexOf(parent)).toBeLessThan(full.tree.findIndex(process => process.command === 'sleep 71'))
      expect(full).toMatchObject({ processes: expect.any(Number), omitted: 0 })
      expect(full.memoryBytes).toBeGreaterThan(100_000)
      expect(Date.parse(parent.startedAt)).toBeGreaterThan(Date.now() - 20_000)
    })
  })
})
