import type { RunView } from '@agentos/server/domain/views/run'
import type { Api } from '../api/client.ts'
import { useApi } from '../api/client.ts'
import { explain, problemsOf } from '../api/explain.ts'

export type ChatStart = Parameters<Api['trpc']['chats']['start']['mutate']>[0]
export type TranscriptFormat = 'md' | 'txt' | 'json'

export type Asked = { run: RunView } | { run: null, problem: string, problems: ReturnType<typeof problemsOf> }

/** What can be done with conversations. A refusal is an outcome, with the server's words for a person. */
export function useChats() {
  const { chats } = useApi().trpc
  return {
    start: (input: ChatStart): Promise<Asked> => outcomeOf(chats.start.mutate(input)),
    say: (chat: string, text: string): Promise<Asked> => outcomeOf(chats.say.mutate({ chat, text })),
    end: (chat: string): Promise<Asked> => outcomeOf(chats.end.mutate({ chat })),
    /** What was said, as a file; or why not. */
    async transcript(chat: string, format: TranscriptFormat): Promise<{ file: { name: string, text: string } } | { file: null, problem: string }> {
      try {
        return { file: await chats.export.query({ chat, format }) }
      }
      catch (error) {
        return { file: null, problem: explain(error) }
      }
    },
  }
}

async function outcomeOf(asked: Promise<RunView>): Promise<Asked> {
  try {
    return { run: await asked }
  }
  catch (error) {
    return { run: null, problem: explain(error), problems: problemsOf(error) }
  }
}
