import type { AgentDetail, AgentInput } from '@agentos/server/domain/views/agent'
import { expect, it } from 'vitest'
import { emptyForm, readForm } from './run-form.ts'

function agent(inputs: AgentInput[]): AgentDetail {
  return {
    id: 'a',
    name: 'repo-report',
    description: '',
    runtime: 'script',
    version: 1,
    path: null,
    updatedAt: '2026-11-23T15:00:00.000Z',
    isolation: 'default',
    network: 'none',
    models: [],
    schedule: null,
    recent: [],
    lastRun: null,
    refusal: null,
    source: '',
    inputs,
    takesWorkspace: true,
    workspaceFrom: null,
    versions: [],
    notices: [],
  }
}

const path: AgentInput = { name: 'path', type: 'string', description: '', required: true, default: null }
const top: AgentInput = { name: 'top', type: 'number', description: '', required: false, default: 10 }
const deep: AgentInput = { name: 'deep', type: 'boolean', description: '', required: false, default: null }

it('starts with the defaults of the manifest', () => {
  expect(emptyForm(agent([path, top, deep])).inputs).toEqual({ path: '', top: '10', deep: false })
})

it('submits what was typed in the types of the manifest, and leaves out what is empty', () => {
  const form = { ...emptyForm(agent([path, top, deep])), task: ' look \n', inputs: { path: '/srv', top: '', deep: true }, workspace: ' /srv/repos/billing ', time: '5m' }
  expect(readForm(agent([path, top, deep]), form)).toEqual({
    ok: true,
    submission: { agent: 'repo-report', task: 'look', inputs: { path: '/srv', deep: true }, workspace: '/srv/repos/billing', timeMs: 300_000, isolation: null },
  })
})

it('names each field that is wrong', () => {
  const form = { ...emptyForm(agent([path, top])), inputs: { path: '  ', top: 'ten' }, time: 'soon' }
  expect(readForm(agent([path, top]), form)).toEqual({
    ok: false,
    problems: {
      'inputs.path': 'This input is required.',
      'inputs.top': 'Expected a number, got “ten”.',
      'time': 'Expected a time such as 90s, 5m or 2h.',
    },
  })
})
