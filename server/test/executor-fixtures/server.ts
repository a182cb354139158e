import process from 'node:process'
import { performRun, startExecutor } from '../executor-harness.ts'

/**
 * A server to be killed: it runs one command (argv: level, command, options of startExecutor) for ever, and says its executor's pid once
 * the command has written.
 */
const [level, command, options = '{}'] = process.argv.slice(2) as ['sandbox' | 'process', string, string?] // By the test.
const host = await startExecutor(JSON.parse(options))
await performRun(host, {
  level,
  steps: [command],
  onEvent: event => void (event.type === 'step.output' && process.stdout.write(`${host.pid}\n`)),
})
