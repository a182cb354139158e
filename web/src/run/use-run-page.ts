import type { OneRun } from '../stores/run-view.ts'
import type { RunContext, RunTab } from './run-context.ts'
import { isFinal } from '@agentos/server/domain/run'
import { computed, reactive, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useNow } from '../composables/use-now.ts'
import { useRunEvents } from '../stores/run-events.ts'
import { useRunUsage } from '../stores/run-usage.ts'
import { useRunView } from '../stores/run-view.ts'
import { startingRow } from './feed.ts'
import { RUN_TABS } from './run-context.ts'
import { settlementQuestion } from './settlement.ts'

/** Everything that one run page holds; `id` as it stands in the address. */
export function useRunPage(id: string): { context: RunContext, view: OneRun, retryFollowing: () => void } {
  const route = useRoute()
  const router = useRouter()
  const clock = useNow()
  const view = useRunView(id)
  const log = useRunEvents(id)
  const { timeline } = log
  const live = useRunUsage(id, computed(() => view.run.value !== null && !isFinal(view.run.value.status) && timeline.value.end === null))

  const chosenKey = ref(typeof route.query.at === 'string' ? route.query.at : null)
  const following = ref(chosenKey.value === null)
  const reveal = ref(0)
  const firstTab = firstTabHere()
  const tab = ref<RunTab>(RUN_TABS.find(one => one === route.query.tab) ?? firstTab)
  const terminalScope = ref<'run' | 'step'>('run')

  // The server's clock may be ahead of this machine's: nothing is shown to end before it began.
  const aheadMs = computed<number>((before = 0) => {
    void clock.value
    const newest = log.events.value.at(-1)
    return newest && !timeline.value.end ? Math.max(before, Date.parse(newest.at) - Date.now()) : before
  })

  const settleProblem = ref<string | null>(null)
  const settlement = computed(() => view.run.value && settlementQuestion(view.run.value, timeline.value))

  const context: RunContext = {
    run: view.run,
    agent: view.agent,
    timeline,
    events: log.events,
    live,
    state: log.state,
    problem: log.problem,
    nowMs: computed(() => clock.value + aheadMs.value),
    selectedKey: computed({
      get: () => following.value ? newestKey() : chosenKey.value,
      set: key => chosenKey.value = key,
    }),
    following,
    reveal,
    tab,
    terminalScope,
    opened: reactive(new Map()),
    settlement,
    settling: { busy: computed(() => view.asking.value === 'settle'), problem: settleProblem },
    async settle(as, note) {
      if (settlement.value)
        settleProblem.value = await view.settle(settlement.value.effect, as, note)
    },
    select(key, how) {
      chosenKey.value = key
      following.value = following.value && key === newestKey()
      if (!how?.stay)
        reveal.value++
    },
    openTerminal(key) {
      context.select(key, { stay: true })
      terminalScope.value = 'step'
      tab.value = 'terminal'
    },
  }

  function newestKey(): string | null {
    return timeline.value.rows.findLast(row => row.kind === 'step' || row.kind === 'call')?.key ?? null
  }

  // The address keeps what a person chose, so that a link shows the same.
  watch([tab, chosenKey, following], () => {
    const at = following.value ? undefined : chosenKey.value ?? undefined
    void router.replace({ query: { ...route.query, tab: tab.value === firstTab ? undefined : tab.value, at } })
  })

  // The last event is final: the header is fetched once more. A run that had ended when the page was opened shows what went wrong.
  const openedEnded = computed(() => view.run.value !== null && isFinal(view.run.value.status) && following.value)
  watch(() => timeline.value.end, async (end) => {
    if (!end)
      return
    if (openedEnded.value) {
      const row = startingRow(timeline.value)
      if (row && end.status === 'failed')
        context.select(row.key)
    }
    else {
      await view.load()
    }
  })

  watch(view.run, run => run && log.expect(run.lastSeq))

  // A question comes first: where the reading is a tab, that one is opened, unless the address names another.
  watch(settlement, (question) => {
    if (question && firstTab !== 'terminal' && route.query.tab === undefined)
      tab.value = 'step'
  })

  void view.load()
  return { context, view, retryFollowing: log.retry }
}

/** What folds into the tabs on this screen comes first. */
function firstTabHere(): RunTab {
  if (matchMedia('(min-width: 1200px)').matches)
    return 'terminal'
  return matchMedia('(max-width: 767px)').matches ? 'timeline' : 'step'
}
