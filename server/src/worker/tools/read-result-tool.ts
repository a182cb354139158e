import type { Artifacts } from '../../artifacts/artifacts.ts'
import type { ToolSpec } from '../../executor/protocol/output.ts'
import type { CalledTool } from './called-tool.ts'
import { text as readText } from 'node:stream/consumers'
import { MAX_RESULT_CHARACTERS } from '../../domain/tool-result.ts'

export const readResultSpec: ToolSpec = {
  name: 'read_result',
  description: 'Reads a part of a result that was too long to be told whole, by the name under which it is kept.',
  inputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, description: 'As the result says.' },
      firstCharacter: { type: 'integer', minimum: 1, description: 'Counted from 1, which it is when left out.' },
      characters: { type: 'integer', minimum: 1, description: `How many; at most, and when left out, ${MAX_RESULT_CHARACTERS}.` },
    },
    required: ['name'],
    additionalProperties: false,
  },
}

/** Of the run's own artifacts, those that are text. */
export function createReadResultTool({ artifacts, organisationId, runId }: { artifacts: Pick<Artifacts, 'find' | 'read'>, organisationId: string, runId: string }): CalledTool {
  return async ({ input }) => {
    const { name, firstCharacter = 1, characters = MAX_RESULT_CHARACTERS } = input
    const found = await artifacts.find(organisationId, runId, String(name))
    if (!found || found.artifact.mediaType !== 'text/plain')
      return { content: `Error: no text is kept under the name ${JSON.stringify(String(name).slice(0, 120))}.`, hasFailed: true }
    const blob = await artifacts.read(found.artifact.sha256)
    if (!blob)
      return { content: 'Error: it is kept on another machine, or is gone.', hasFailed: true }
    const text = await readText(blob.stream())
    const from = Number(firstCharacter) - 1
    const piece = text.slice(from, from + Math.min(Number(characters), MAX_RESULT_CHARACTERS))
    const to = from + piece.length
    return { content: `[characters ${Math.min(from + 1, text.length)} to ${to} of ${text.length}]\n${piece}`, hasFailed: false }
  }
}
