import type { RunView } from '@agentos/server/domain/views/run'
import type { Ref } from 'vue'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { firstSentence } from '../format/help-lines.ts'
import { runTitle, shortId, STATUS_WORDS } from '../format/run.ts'
import { useAgents } from '../stores/agents.ts'
import { useRunSearch } from '../stores/run-search.ts'
import { useShell } from '../stores/shell.ts'

/** What the palette offers: pages, agents to run, and runs by id prefix or text as the person types. */
export function usePaletteGroups(term: Ref<string>, close: () => void) {
  const router = useRouter()
  const shell = useShell()
  const agents = useAgents()
  const found = useFoundRuns(term)
  void agents.ensure()

  function goTo(path: string): () => void {
    return () => {
      close()
      void router.push(path)
    }
  }

  const pages = [
    { label: 'Overview', icon: 'i-lucide-layout-dashboard', kbds: ['1'], onSelect: goTo('/') },
    { label: 'Runs', icon: 'i-lucide-list-tree', kbds: ['2'], onSelect: goTo('/runs') },
    { label: 'Agents', icon: 'i-lucide-bot', kbds: ['3'], onSelect: goTo('/agents') },
    { label: 'Chat', icon: 'i-lucide-messages-square', kbds: ['c'], onSelect: goTo('/chat') },
    { label: 'New conversation', icon: 'i-lucide-message-square-plus', onSelect: goTo('/chat?new') },
    { label: 'Schedules', icon: 'i-lucide-calendar-clock', kbds: ['4'], onSelect: goTo('/schedules') },
    { label: 'New schedule', icon: 'i-lucide-calendar-plus', onSelect: goTo('/schedules?new') },
    { label: 'Usage', icon: 'i-lucide-chart-no-axes-column', onSelect: goTo('/usage') },
    { label: 'Workers', icon: 'i-lucide-server', kbds: ['5'], onSelect: goTo('/workers') },
    { label: 'Settings', icon: 'i-lucide-settings', kbds: ['6'], onSelect: goTo('/settings') },
  ]

  return computed(() => {
    const run = {
      id: 'agents',
      label: 'Run an agent',
      items: (agents.list ?? []).map(agent => ({
        label: agent.name,
        suffix: agent.refusal ? firstSentence(agent.refusal) : agent.description,
        icon: 'i-lucide-play',
        onSelect: goTo(`/agents/${agent.name}`),
      })),
    }
    if (shell.palette === 'agents')
      return [run]
    const runs = {
      id: 'runs',
      label: 'Runs',
      ignoreFilter: true,
      items: found.value.map(item => ({
        label: runTitle(item),
        suffix: `${STATUS_WORDS[item.status]} · ${item.agentName} · ${shortId(item.id)}`,
        icon: 'i-lucide-list-tree',
        onSelect: goTo(`/runs/${item.id}`),
      })),
    }
    return [{ id: 'pages', label: 'Go to', items: pages }, run, runs]
  })
}

function useFoundRuns(term: Ref<string>) {
  const search = useRunSearch()
  const found = shallowRef<RunView[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(term, (text) => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const runs = await search(text)
      if (term.value === text)
        found.value = runs
    }, 150)
  })
  onScopeDispose(() => clearTimeout(timer))

  return found
}
