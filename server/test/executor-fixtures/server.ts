import process from 'node:process'
import { performRun, startExecutor } from '../executor-harness.ts'

/** A server to be killed: it runs one command (argv: level, command) for ever, and says so once the command has written. */
const [level, command] = process.argv.slice(2) as ['sandbox' | 'process', string] // By the test.
const host = await startExecutor()
await performRun(host, { level, steps: [command], onEvent: event => void (event.type === 'step.output' && process.stdout.write('up\n')) })
