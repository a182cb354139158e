import type { AnswerSoFar } from './answer.ts'
import type { WireFormat } from './route.ts'
import { readJsonValues } from './json-values.ts'
import { readChat } from './read-chat.ts'
import { readGemini } from './read-gemini.ts'
import { readMessages } from './read-messages.ts'
import { readResponses } from './read-responses.ts'
import { errorOf, recordOf } from './said.ts'
import { readSse } from './sse.ts'

export interface ReadAnswer {
  format: WireFormat
  isSse: boolean
  isCount: boolean
  isError: boolean
  answer: AnswerSoFar
}

/** Of an error that is no JSON, so much is told. */
const MAX_RAW_BYTES = 500

const READERS = { chat: readChat, responses: readResponses, messages: readMessages, gemini: readGemini } satisfies Record<WireFormat, unknown>

/** Reads what passes by into `answer`. Never throws: what cannot be read still goes to the agent as it is. */
export function readAnswer({ format, isSse, isCount, isError, answer }: ReadAnswer): { push: (bytes: Buffer) => void, end: () => void } {
  let raw: Buffer = Buffer.alloc(0)
  let isReadable = true
  const reader = (isSse ? readSse : readJsonValues)((value) => {
    const said = recordOf(value)
    const error = isError ? errorOf(said.error) : null
    if (error !== null)
      answer.fail(error)
    else if (!isError && !isCount)
      READERS[format](said, answer)
  })

  function attempt(read: () => void): void {
    try {
      if (isReadable)
        read()
    }
    catch {
      isReadable = false
    }
  }

  return {
    push(bytes) {
      if (isError && raw.length < MAX_RAW_BYTES)
        raw = Buffer.concat([raw, bytes.subarray(0, MAX_RAW_BYTES - raw.length)])
      attempt(() => reader.push(bytes))
    },
    end() {
      attempt(reader.end)
      if (isError)
        answer.fail(raw.toString().replaceAll(/\s+/g, ' ').trim() || 'nothing more')
    },
  }
}
