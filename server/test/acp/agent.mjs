#!/usr/bin/env node
/**
 * A small agent on the SDK's agent side. It thinks nothing: the text of a prompt that holds a JSON list of acts is what it does, one after
 * another. What it was told is in $HOME/sessions, so that it can load a session again.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { agent, methods, ndJsonStream } from '@agentclientprotocol/sdk'

const isForgetful = process.argv.includes('--cannot-load')
const folder = join(process.env.HOME, 'sessions')
const cancelled = new Map()

if (process.argv.includes('--banner'))
  process.stdout.write('welcome to the scripted agent\nthere is no news\n')

agent({ name: 'scripted-agent', version: '1.2.3' })
  .onRequest('initialize', () => ({
    protocolVersion: 1,
    agentCapabilities: { loadSession: !isForgetful },
    agentInfo: { name: 'scripted-agent', title: 'Scripted agent', version: '1.2.3' },
    authMethods: process.argv.includes('--needs-login') ? [{ id: 'key', name: 'An API key' }] : [],
  }))
  .onRequest('session/new', ({ params }) => {
    if (process.argv.includes('--needs-login'))
      throw Object.assign(new Error('Authentication required'), { code: -32000 })
    const sessionId = `session-${process.pid}-${Date.now()}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, sessionId), `new in ${params.cwd}\n`)
    return { sessionId, modes: { currentModeId: 'careful', availableModes: [{ id: 'careful', name: 'Careful' }] } }
  })
  .onRequest('session/load', async ({ params, client }) => {
    if (!existsSync(join(folder, params.sessionId)))
      throw new Error('there is no such session')
    appendFileSync(join(folder, params.sessionId), 'loaded\n')
    await client.notify(methods.client.session.update, { sessionId: params.sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'REPLAYED' } } })
    return {}
  })
  .onNotification('session/cancel', ({ params }) => cancelled.get(params.sessionId)?.())
  .onRequest('session/prompt', async ({ params, client }) => {
    const { sessionId, prompt } = params
    const text = prompt.map(block => block.text ?? '').join('')
    const stop = new Promise(resolve => cancelled.set(sessionId, () => resolve('cancelled')))
    appendFileSync(join(folder, sessionId), `told: ${text.split('\n')[0]}\n`)
    const update = update => client.notify(methods.client.session.update, { sessionId, update })
    for (const act of JSON.parse(text.slice(text.indexOf('[{')))) {
      const end = await perform(act, { update, client, sessionId, stop })
      if (end !== undefined)
        return { stopReason: end }
    }
    return { stopReason: 'end_turn' }
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)))

/** Gives the reason for which the turn ends, if it does. */
async function perform(act, { update, client, sessionId, stop }) {
  if (act.say)
    await update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: act.say } })
  if (act.think)
    await update({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: act.think } })
  if (act.plan)
    await update({ sessionUpdate: 'plan', entries: act.plan.map(([content, status]) => ({ content, status, priority: 'medium' })) })
  if (act.mode)
    await update({ sessionUpdate: 'current_mode_update', currentModeId: act.mode })
  if (act.shell)
    return await runCommand(act, { update, client, sessionId })
  if (act.edit) {
    const [path, oldText] = act.edit
    const newText = act.edit[2].repeat(act.times ?? 1)
    await update({ sessionUpdate: 'tool_call', toolCallId: `edit ${path}`, title: `Edit ${path}`, kind: 'edit', status: 'in_progress', rawInput: { path } })
    writeFileSync(path, newText)
    await update({ sessionUpdate: 'tool_call_update', toolCallId: `edit ${path}`, status: 'completed', content: [{ type: 'diff', path, oldText, newText }] })
  }
  if (act.repeat)
    await Promise.all(Array.from({ length: act.repeat }, (_, index) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `${act.word} ${index}\n` } })))
  if (act.raw)
    process.stdout.write(act.raw.replaceAll('{long}', 'x'.repeat(act.times ?? 0)))
  if (act.call)
    await update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: await client.request(act.call, act.params ?? {}).then(JSON.stringify, error => `refused: ${error.message}`) } })
  if (act.waitFor === 'cancel')
    return await stop
  if (act.waitFor === 'ever')
    await delay(1_000_000)
  if (act.waitOnce && process.env.AGENTOS_ATTEMPT === '1')
    await delay(1_000_000)
  if (act.ignoreTerm)
    process.on('SIGTERM', () => {})
  if (act.exit !== undefined)
    process.exit(act.exit)
  return act.end
}

async function runCommand({ shell, ask }, { update, client, sessionId }) {
  const call = { toolCallId: `call ${shell}`, title: `Run ${shell}`, kind: 'execute', rawInput: { command: shell } }
  await update({ sessionUpdate: 'tool_call', ...call, status: 'pending' })
  if (ask) {
    const options = [
      { optionId: 'ever', name: 'Always', kind: 'allow_always' },
      { optionId: 'yes', name: 'Once', kind: 'allow_once' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ]
    const { outcome } = await client.request(methods.client.session.requestPermission, { sessionId, toolCall: call, options })
    if (outcome.outcome === 'cancelled')
      return 'cancelled'
    await update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `chosen: ${outcome.optionId}\n` } })
    if (outcome.optionId === 'no') {
      await update({ sessionUpdate: 'tool_call_update', toolCallId: call.toolCallId, status: 'failed' })
      return undefined
    }
  }
  await update({ sessionUpdate: 'tool_call_update', toolCallId: call.toolCallId, status: 'in_progress' })
  const text = execFileSync('/bin/sh', ['-c', shell], { encoding: 'utf8' })
  await update({ sessionUpdate: 'tool_call_update', toolCallId: call.toolCallId, status: 'completed', content: [{ type: 'content', content: { type: 'text', text } }] })
  return undefined
}
