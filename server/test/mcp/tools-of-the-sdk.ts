import process from 'node:process'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

/** A server as its makers' own library makes one: what it offers is what our tests ask for. */
export function createToolServer(about: { onCall?: (tool: string) => void } = {}): McpServer {
  const server = new McpServer({ name: 'of the tests', version: '1.2.3' })
  const called = (tool: string) => about.onCall?.(tool)
  server.registerTool('add', { description: 'Adds two numbers.', inputSchema: { a: z.number(), b: z.number() } }, async ({ a, b }) => {
    called('add')
    return { content: [{ type: 'text', text: `the sum is ${a + b}` }] }
  })
  server.registerTool('refuse', { description: 'Says no.' }, async () => ({ isError: true, content: [{ type: 'text', text: 'I will not' }] }))
  server.registerTool('long', { description: 'Says much.', inputSchema: { characters: z.int() } }, async ({ characters }) => ({
    content: [{ type: 'text', text: `first ${'x'.repeat(characters)} last` }],
  }))
  server.registerTool('picture', { description: 'Draws.' }, async () => ({
    content: [
      { type: 'text', text: 'here it is' },
      { type: 'image', mimeType: 'image/png', data: Buffer.from('not really a picture').toString('base64') },
      { type: 'resource', resource: { uri: 'file:///notes.txt', text: 'some notes' } },
    ],
  }))
  server.registerTool('structured', { description: 'Gives data.', outputSchema: { rows: z.array(z.number()) } }, async () => ({ content: [], structuredContent: { rows: [1, 2] } }))
  server.registerTool('where', { description: 'Says where it is.' }, async () => {
    const { readdirSync } = await import('node:fs')
    return { content: [{ type: 'text', text: JSON.stringify({ folder: process.cwd(), files: readdirSync('.').sort(), env: Object.keys(process.env).sort(), pid: process.pid }) }] }
  })
  server.registerTool('wait', { description: 'Never answers.' }, async () => {
    called('wait')
    return new Promise(() => {})
  })
  server.registerTool('die', { description: 'Ends the server.' }, async () => process.exit(7))
  return server
}
