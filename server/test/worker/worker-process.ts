import process from 'node:process'
import { openWorker } from './open-worker.ts'

/** A worker in a process of its own, to be killed: `node worker-process.ts <base> <manifest> <level>` runs one run and says its id once it prints something. */
const [base, source, level] = process.argv.slice(2)
const worker = await openWorker({ base: base!, isShared: true })
const { id } = await worker.run(source!, { isolation: level as 'process' | 'sandbox' })
await worker.eventsUntil(id, ({ type }) => type === 'step.output')
process.stdout.write(`${JSON.stringify({ id, executors: worker.hosts.map(({ pid }) => pid) })}\n`)
