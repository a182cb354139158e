import type { BareSandbox } from './bare-sandbox.ts'
import type { Figure } from './figure.ts'
import { createAgentOS } from '@agentos/client'
import { bareSandbox } from './bare-sandbox.ts'
import { percentile } from './figure.ts'
import { startModel } from './model-process.ts'
import { dataFolder, removeFolder, residentMb, startServer } from './server-process.ts'

const AT_ONCE = 20
const FOR_MS = 10_000
const ALONE = 200
const LAST_WORD = 'done-last'
const MANIFEST = 'name: bench-w1\nmodel: openai/scripted\ncost: unmetered\ninstructions: Answer.\ntools: [shell]\n'

interface Timed { firstTextMs: number, doneMs: number }

/**
 * W1: one agent, one tool call (a subprocess), then an answer in 20 pieces of text, from a scripted model with no think time;
 * each run is checked for its last word. Beside it a sandbox a run and bare fetch, with no server and no log.
 */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  const model = await startModel()
  try {
    const sandbox = await bareSandbox(folder)
    const limit = await timed(() => bareRun(sandbox, model.baseUrl))
    const server = await startServer(folder, { OPENAI_BASE_URL: model.baseUrl, AGENTOS_MAX_AGENTS: String(AT_ONCE) })
    const client = createAgentOS(server)
    try {
      await client.agents.save({ source: MANIFEST })
      const restMb = residentMb(server.pid)
      const ours = await timed(() => ourRun(client))
      const afterMb = residentMb(server.pid)
      const limitIs = `a sandbox a run (${sandbox.by}) and bare fetch, no server, no log`
      const row = (what: string, value: number, bare: number, unit: string, target: Figure['target']) => ({ what: `W1: ${what}`, value, limit: bare, unit, limitIs, target })
      const memory = (what: string, value: number, target: Figure['target']) => ({ what: `W1: ${what}`, value, unit: 'MB', limit: null, limitIs: '', target })
      return [
        row(`runs per second, ${AT_ONCE} at a time`, ours.perSecond, limit.perSecond, 'runs/s', { atLeast: 110 }),
        row('submit → first text, p50, one after another', percentile(ours.firstText, 50), percentile(limit.firstText, 50), 'ms', { atMost: 18 }),
        row('submit → done, p50', percentile(ours.done, 50), percentile(limit.done, 50), 'ms', { atMost: 25 }),
        row('submit → done, p99', percentile(ours.done, 99), percentile(limit.done, 99), 'ms', { atMost: 50 }),
        memory('RSS of the server before', restMb.own, { atMost: 150 }),
        memory('RSS of the server after', afterMb.own, { atMost: 300 }),
        memory('RSS of the executor after', afterMb.children, null),
      ]
    }
    finally {
      await client.close()
      await server.stop()
    }
  }
  finally {
    await model.stop()
    await removeFolder(folder)
  }
}

/** At a time for a while, and one after another. */
async function timed(one: () => Promise<Timed>): Promise<{ perSecond: number, firstText: number[], done: number[] }> {
  for (let warm = 0; warm < 10; warm++)
    await one()
  const alone: Timed[] = []
  while (alone.length < ALONE)
    alone.push(await one())
  const startedAt = performance.now()
  let count = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (performance.now() - startedAt < FOR_MS) {
      await one()
      count++
    }
  }))
  return { perSecond: count / (performance.now() - startedAt) * 1000, firstText: alone.map(run => run.firstTextMs), done: alone.map(run => run.doneMs) }
}

async function ourRun(client: ReturnType<typeof createAgentOS>): Promise<Timed> {
  const startedAt = performance.now()
  const { id } = await client.runs.submit({ agent: 'bench-w1', task: 'Say hello.' })
  let firstTextMs = 0
  let text = ''
  for await (const event of client.runs.follow(id)) {
    if (event.type === 'model.delta') {
      firstTextMs ||= performance.now() - startedAt
      text += event.data.text
    }
  }
  check(text, id)
  return { firstTextMs, doneMs: performance.now() - startedAt }
}

async function bareRun(sandbox: BareSandbox, baseUrl: string): Promise<Timed> {
  const startedAt = performance.now()
  const messages: object[] = [{ role: 'user', content: 'Say hello.' }]
  const { call } = await ask(baseUrl, messages)
  const session = await sandbox.open()
  let output = ''
  await session.run(call, {
    timeoutMs: 10_000,
    onOutput: (_, bytes) => {
      output += bytes.toString()
      return true
    },
  })
  let firstTextMs = 0
  const { text } = await ask(baseUrl, [...messages, { role: 'tool', tool_call_id: 'call_1', content: output }], () => firstTextMs ||= performance.now() - startedAt)
  check(text, 'of the limit')
  const doneMs = performance.now() - startedAt
  await session.close()
  return { firstTextMs, doneMs }
}

async function ask(baseUrl: string, messages: object[], onText: () => void = () => {}): Promise<{ text: string, call: string }> {
  const response = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify({ model: 'scripted', stream: true, messages }) })
  let text = ''
  let call = ''
  let rest = ''
  for await (const bytes of response.body!) { // It answers with a stream.
    const lines = (rest + Buffer.from(bytes).toString()).split('\n')
    rest = lines.pop()!
    for (const line of lines.filter(line => line.startsWith('data: {'))) {
      const { delta } = JSON.parse(line.slice(6)).choices[0]
      text += delta.content ?? ''
      call += delta.tool_calls?.[0].function.arguments ?? ''
      if (delta.content)
        onText()
    }
  }
  return { text, call: call && JSON.parse(call).command }
}

function check(text: string, run: string): void {
  if (!text.endsWith(LAST_WORD))
    throw new Error(`run ${run} ended with ${JSON.stringify(text.slice(-40))}, not with its last word`)
}
