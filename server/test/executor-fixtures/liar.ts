import process from 'node:process'
import { createInterface } from 'node:readline'
import { UNKEPT } from '../../src/domain/limits.ts'

/** An executor that was taken over: it says it is ready and, once it has a run, breaks the protocol in the way that the run's task names. */
const say = (message: unknown) => process.stdout.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)

say({ type: 'ready', pid: process.pid, levels: [{ level: 'none', proven: true, by: 'liar', missing: null, keepers: UNKEPT }] })
createInterface({ input: process.stdin }).on('line', (line) => {
  const { type, runId, work } = JSON.parse(line)
  if (type !== 'run.start')
    return
  const event = (type: string, data: unknown) => say({ type: 'events', runId, events: [{ type, at: new Date().toISOString(), data }] })
  const lies: Record<string, () => void> = {
    'no json': () => say('hello'),
    'unknown type': () => say({ type: 'give.me.keys' }),
    'unknown event': () => event('key.given', {}),
    'malformed event': () => event('step.output', { step: 'one', stream: 'stdout', text: 'x' }),
    'another run': () => say({ type: 'events', runId: 'other', events: [{ type: 'step.output', at: '', data: {} }] }),
    'long line': () => say('x'.repeat(9 * 1024 * 1024)),
    'many requests': () => {
      for (let request = 1; request < 40; request++)
        say({ type: 'request', runId, request, ask: { kind: 'model', step: 1, messages: [], tools: [] } })
    },
    'same request': () => {
      for (let count = 0; count < 2; count++)
        say({ type: 'request', runId, request: 1, ask: { kind: 'command', step: 1, command: 'true' } })
    },
    'stderr': () => {
      process.stderr.write(`${'noise '.repeat(100_000)}the last words\n`, () => process.exit(3))
    },
  }
  lies[work.task]!()
}).on('close', () => process.exit(0))
