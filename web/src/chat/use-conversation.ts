import { computed, onScopeDispose, shallowRef, triggerRef, watch } from 'vue'
import { useRunEvents } from '../stores/run-events.ts'
import { useRunView } from '../stores/run-view.ts'
import { chatStateOf } from './chat-state.ts'
import { appendToConversation, createConversation } from './conversation.ts'

/** One conversation, live: its run, and what was said in it, without a gap across reconnects. Lives as long as its component. */
export function useConversation(id: string) {
  const view = useRunView(id)
  const log = useRunEvents(id)
  const conversation = shallowRef(createConversation())
  let taken = 0

  const stop = watch(log.events, (events) => {
    appendToConversation(conversation.value, events.slice(taken))
    taken = events.length
    triggerRef(conversation)
  })
  watch(view.run, run => run && log.expect(run.lastSeq))
  onScopeDispose(stop)
  void view.load()

  return {
    ...view,
    conversation,
    link: log.state,
    linkProblem: log.problem,
    retryLink: log.retry,
    state: computed(() => view.run.value && chatStateOf(view.run.value)),
  }
}
