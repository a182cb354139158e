#!/usr/bin/env node
// Takes a plain checkout to a running AgentOS: `node scripts/bootstrap.mjs start|test|check|dev|bench|test:kills|test:faults|test:agents|agentos|prepare|pack`.
// Dependency-free and readable by Node 18: it runs before anything is installed, and brings a newer Node when it must.
import { ensureNode } from './node-runtime.mjs'
import { Problem, tell } from './report.mjs'

const COMMANDS = {
  'start': () => import('./start.mjs'),
  'agentos': () => import('./agentos.mjs'),
  'test': () => import('./check.mjs'),
  'check': () => import('./check.mjs'),
  'dev': () => import('./dev.mjs'),
  'bench': () => import('./long-suite.mjs'),
  'test:kills': () => import('./long-suite.mjs'),
  'test:faults': () => import('./long-suite.mjs'),
  'test:agents': () => import('./test-agents.mjs'),
  'prepare': () => import('./prepare.mjs'),
  'pack': () => import('./package/pack.mjs'),
  'packed': () => import('./package/pack.mjs'),
}

export async function bootstrap(argv) {
  const [command = '', ...args] = argv
  try {
    if (!Object.hasOwn(COMMANDS, command))
      throw new Problem(`expected one of ${Object.keys(COMMANDS).join(', ')}, got ${JSON.stringify(command)}`, 'run npm start')
    const handedOver = await ensureNode([command, ...args])
    if (handedOver)
      return
    const { main } = await COMMANDS[command]()
    await main({ command, args })
  }
  catch (error) {
    if (!(error instanceof Problem))
      throw error
    tell(error)
    process.exitCode = 1
  }
}

// Not when bin/agentos.mjs imports it.
if (process.argv[1] && /[\\/]bootstrap\.mjs$/.test(process.argv[1]))
  await bootstrap(process.argv.slice(2))
