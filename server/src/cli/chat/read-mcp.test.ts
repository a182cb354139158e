import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readMcp } from './read-mcp.ts'

function file(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-mcp-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

it('reads addresses, a manifest\'s servers and those of other programs', async () => {
  const manifest = file('a.yaml', 'name: x\nmcp: { notes: { program: node, args: [notes.js], timeout: 5s } }\n')
  const others = file('b.json', '{"mcpServers":{"files":{"command":"mcp-files","args":["/workspace"],"env":{}},"web":{"type":"http","url":"https://example.com/mcp","headers":{"A":"b"}}}}')
  expect(await readMcp(['search=https://example.com/mcp?x=1', manifest, others])).toEqual({
    search: { url: 'https://example.com/mcp?x=1' },
    notes: { program: 'node', args: ['notes.js'], timeout: '5s' },
    files: { program: 'mcp-files', args: ['/workspace'] },
    web: { url: 'https://example.com/mcp', headers: { A: 'b' } },
  })
})

it.for<[string, RegExp]>([
  ['- a\n- b\n', /expected servers by their names/],
  ['{ "mcp": ', /is neither YAML nor JSON/],
  ['a: &x {program: y}\nb: *x\n', /is neither YAML nor JSON/],
  ['{"mcpServers":{"x":{"command":"y","env":{"A":"b"}}}}', /env: is not handed to a server here/],
  ['mcp: { x: { program: y, cwd: /tmp } }', /expected only program, args, url, headers, tools, timeout, but got cwd/],
  ['mcp: { x: { type: websocket, url: "https://example.com/" } }', /expected type stdio, http or sse, but got "websocket"/],
  ['mcp: { x: y }', /x: expected a mapping/],
])('%j says what was expected', async ([text, words]) => {
  await expect(readMcp([file('x.yaml', text)])).rejects.toThrow(words)
})

it('says of a missing file, and of a name that comes twice, what was expected', async () => {
  await expect(readMcp(['/no/such.yaml'])).rejects.toThrow(/expected name=https:\/\/address or a file/)
  await expect(readMcp(['x=https://a.example/', 'x=https://b.example/'])).rejects.toThrow(/"x" is given twice/)
})
