/**
 * Another service that uses AgentOS: `POST /report?path=/some/repository` runs the agent `repo-report` there and streams
 * what it prints. Closing the request does not stop the run; asking again on the same day finds the same one.
 *
 *   AGENTOS_URL=http://127.0.0.1:4700 AGENTOS_API_KEY=... PORT=8080 node client/examples/report-service.ts
 */
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { isAbsolute } from 'node:path'
import process from 'node:process'
import { AgentOSError, createAgentOS } from '@agentos/client'

const { AGENTOS_URL = 'http://127.0.0.1:4700', AGENTOS_API_KEY = '', PORT = '8080' } = process.env
const agentos = createAgentOS({ url: AGENTOS_URL, apiKey: AGENTOS_API_KEY })

const service = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://service')
  const path = url.searchParams.get('path') ?? ''
  if (request.method !== 'POST' || url.pathname !== '/report' || !isAbsolute(path))
    return void response.writeHead(404).end('POST /report?path=/a/folder\n')
  report(path, response).catch((error: Error) => {
    const status = error instanceof AgentOSError && error.code !== 'UNREACHABLE' ? 400 : 502
    response.headersSent ? response.destroy(error) : response.writeHead(status).end(`${error.message}\n`)
  })
})

async function report(path: string, response: ServerResponse): Promise<void> {
  const day = new Date().toISOString().slice(0, 10)
  const run = await agentos.runs.submit({
    agent: 'repo-report',
    task: `the report of ${day}`,
    workspace: path,
    idempotencyKey: `report ${path} ${day}`,
  })
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-run-id': run.id })
  // From the log's beginning, however far the run is; over a lost connection and a restart of the server it goes on by itself.
  for await (const event of agentos.runs.follow(run.id, { signal: closed.signal })) {
    if (event.type === 'step.output')
      response.write(event.data.text)
    if (event.type === 'run.ended')
      response.end(`\n${event.data.status}: ${event.data.reason}\n`)
  }
}

service.listen(Number(PORT), '127.0.0.1', () => {
  const address = service.address()
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`)
})
process.on('SIGTERM', () => {
  service.close(() => void agentos.close())
  service.closeIdleConnections()
})
