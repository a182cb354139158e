import type { PermissionOptionKind, RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { AgentSaid } from '../agent-said.ts'
import type { AgentTeller } from '../agent-teller.ts'
import type { JsonObject } from '../json.ts'
import type { RunContext } from '../run-context.ts'
import { boundedLine } from '../bounded-text.ts'
import { asObject, asText, objectsOf, storable } from '../json.ts'
import { unlessStopped } from '../run-control.ts'
import { saidByCall } from './update.ts'

const CANCELLED: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } }
/** What a person can be asked about. */
const MAX_ACTION_CHARACTERS = 100_000
const MAX_NAME_CHARACTERS = 200
const MAX_TITLE_CHARACTERS = 2000

/**
 * An agent asks whether it may do something: the worker is asked, whose answer may take as long as a person does. What is allowed is
 * allowed once; the agent keeps no permission.
 */
export async function askPermission(run: RunContext, { step, params, teller }: {
  step: number
  params: JsonObject
  teller: AgentTeller
}): Promise<RequestPermissionResponse> {
  const asked = asObject(params.toolCall) ?? {}
  const call = asText(asked.toolCallId) ?? ''
  // Some announce a call by the question alone.
  proposed(asked).forEach(teller.say)
  const known = teller.call(call)
  const input = asked.rawInput ?? known?.input
  const action = JSON.stringify(storable(input ?? actionOf(asked)))
  const tool = boundedLine(known?.tool ?? asText(asked.name) ?? asText(asked.kind) ?? 'tool', MAX_NAME_CHARACTERS)
  const title = boundedLine(asText(asked.title) ?? known?.title ?? tool, MAX_TITLE_CHARACTERS)
  const isAskable = call !== '' && call.length <= MAX_NAME_CHARACTERS && action.length <= MAX_ACTION_CHARACTERS
  const answer = isAskable
    ? await unlessStopped(run.control, run.ask({ kind: 'approve', step, call, tool, title, action }))
    : { kind: 'decision' as const, allow: false as const, reason: `only an action of at most ${MAX_ACTION_CHARACTERS} characters can be decided on`, rule: 'size' }
  if (!answer)
    return CANCELLED
  const isAllowed = answer.kind === 'decision' && answer.allow
  if (answer.kind === 'decision' && !answer.allow)
    teller.say({ kind: 'result', call, status: 'denied', text: `Denied: ${answer.reason} (rule ${answer.rule}).` })
  return choose(objectsOf(params.options), isAllowed ? ['allow_once'] : ['reject_once', 'reject_always'])
}

/** The call as it is proposed; what it would change is said when it is changed. */
function proposed(asked: JsonObject): AgentSaid[] {
  return saidByCall({ ...asked, status: 'pending' }).filter(({ kind }) => kind === 'call')
}

/** Where it sends no input, what it is to come to. */
function actionOf({ title, kind, content, locations }: JsonObject): JsonObject {
  return { title, kind, content, locations }
}

function choose(options: JsonObject[], kinds: PermissionOptionKind[]): RequestPermissionResponse {
  const chosen = kinds.flatMap(kind => options.filter(option => option.kind === kind)).map(option => asText(option.optionId)).find(id => id !== null)
  return chosen === undefined || chosen === null ? CANCELLED : { outcome: { outcome: 'selected', optionId: chosen } }
}
