import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NODE_FLOOR, projectDir } from './project.mjs'

const { parse } = createRequire(join(projectDir, 'server/package.json'))('yaml')
const text = readFileSync(join(projectDir, '.github/workflows/ci.yml'), 'utf8')
const workflow = parse(text)
const { test } = workflow.jobs
const steps = test.steps

describe('the CI workflow', () => {
  it('does what .ci/run does, and nothing else that tests', () => {
    const script = join(projectDir, '.ci/run')
    expect(statSync(script).mode & 0o111).not.toBe(0)
    expect(readFileSync(script, 'utf8').trimEnd()).toMatch(/\nexec npm test$/)
    expect(steps.at(-1)).toEqual({ run: '.ci/run' })
    expect(steps.filter(step => /npm (?:test|run)|vitest|eslint/.test(step.run ?? ''))).toEqual([])
  })

  it('tries the oldest Node that is supported and a newer one, to the end on each', () => {
    expect(test.strategy.matrix.node[0]).toBe(NODE_FLOOR[0])
    expect(test.strategy.matrix.node.length).toBeGreaterThan(1)
    expect(test.strategy['fail-fast']).toBe(false)
    // eslint-disable-next-line no-template-curly-in-string -- the workflow's own notation
    expect(steps.find(step => step.uses?.startsWith('actions/setup-node')).with['node-version']).toBe('${{ matrix.node }}')
  })

  it('may read the code and no more, keeps no credential, and runs nobody\'s code with rights of ours', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    expect(Object.values(workflow.jobs).every(job => job.permissions === undefined)).toBe(true)
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target')
    expect(steps.find(step => step.uses?.startsWith('actions/checkout')).with['persist-credentials']).toBe(false)
    expect(text).not.toContain('secrets.')
  })

  it('uses actions of the forge alone, each by a version, and ends by itself', () => {
    expect(steps.filter(step => step.uses).every(step => /^actions\/[a-z-]+@(?:v\d+|[0-9a-f]{40})$/.test(step.uses))).toBe(true)
    expect(test['timeout-minutes']).toBeLessThanOrEqual(60)
  })

  it('caches packages by what decides over them', () => {
    const { path, key } = steps.find(step => step.uses?.startsWith('actions/cache')).with
    expect(path).toContain('pnpm/store')
    const [, file] = /hashFiles\('([^']+)'\)/.exec(key)
    expect(existsSync(join(projectDir, file))).toBe(true)
  })

  it('has steps that a shell can read', () => {
    for (const { run } of steps.filter(step => step.run))
      expect(spawnSync('bash', ['-n', '-c', run], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })
})
