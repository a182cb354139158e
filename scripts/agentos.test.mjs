import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { projectDir } from './project.mjs'

const { version } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'))
const elsewhere = mkdtempSync(join(tmpdir(), 'agentos-launcher-'))
afterAll(() => rmSync(elsewhere, { recursive: true }))

/** The Node that npm itself runs on is the machine's own, and may be an old one: that is what npx gives us. */
const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])]

describe.each(nodes)('bin/agentos.mjs on %s', (node) => {
  const agentos = (...args) => spawnSync(node, [join(projectDir, 'bin/agentos.mjs'), ...args], { cwd: elsewhere, encoding: 'utf8' })

  it('runs the command line from any folder, with nothing of its own on standard output', () => {
    expect(agentos('--version')).toMatchObject({ status: 0, stdout: `${version}\n` })
  })

  it('passes arguments and the exit code on', () => {
    const { status, stderr } = agentos('no such command')
    expect(status).toBe(1)
    expect(stderr).toContain('no such command')
  })
})
